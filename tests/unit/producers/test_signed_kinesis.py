"""The signed calls of Kinesis: what is asked, as botocore would sign it, and what each answer means."""

from __future__ import annotations

import base64
import json
import os
from typing import Any, cast

import pytest
from botocore.credentials import Credentials
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from contract.errors import ConfigurationError, TransientError
from producers.sdk.kinesis.wire import CborWire, JsonWire, Wire
from producers.sdk.stream import Outcome, Record, Refused, Shard
from tests.factories import NOW
from tests.support.kinesis_pool import BOTH_TAKEN, KEYS, RECORDS, TAKEN, URL, Pool, kinesis, refused, said
from tests.support.sigv4_check import botocores_authorization

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("keys", [KEYS, Credentials("AKID", "secret")], ids=["with a token", "without"])
@pytest.mark.parametrize("wire", [JsonWire(), CborWire()], ids=lambda wire: wire.content_type)
def test_records_are_put_in_one_call_signed_as_botocore_signs(wire: Wire, keys: Credentials) -> None:
    pool = Pool([said(BOTH_TAKEN) if isinstance(wire, JsonWire) else said(CBOR_TAKEN)])

    outcomes = kinesis(pool, keys=keys, wire=wire).put(RECORDS)

    assert list(outcomes) == [Outcome("s-1"), Outcome("s-1")]
    [(headers, body)] = pool.asked
    assert body == wire.put_records("events", RECORDS)
    assert headers["x-amz-target"] == "Kinesis_20131202.PutRecords"
    assert headers["content-type"] == wire.content_type
    assert headers["x-amz-date"] == NOW.strftime("%Y%m%dT%H%M%SZ")
    expected = botocores_authorization(URL, headers, body, keys=keys, region="eu-west-1", service="kinesis")
    assert headers["authorization"] == expected


CBOR_TAKEN = bytes.fromhex("bf") + b"\x67Records\x9f" + b"\xbf\x67ShardId\x63s-1\xff" * 2 + b"\xff\xff"


def test_odd_keys_are_put_as_they_are() -> None:
    pool = Pool([said(BOTH_TAKEN)])

    kinesis(pool).put([Record('a"b\\c\n', b"\x00\xff"), Record("ü ☃ 🛒", b"")])

    assert json.loads(pool.asked[0][1]) == {
        "StreamName": "events",
        "Records": [
            {"Data": base64.b64encode(b"\x00\xff").decode(), "PartitionKey": 'a"b\\c\n'},
            {"Data": "", "PartitionKey": "ü ☃ 🛒"},
        ],
    }


def test_nothing_is_put_without_a_call() -> None:
    pool = Pool([])

    assert list(kinesis(pool).put([])) == []
    assert pool.asked == []


def test_each_record_has_its_outcome_and_an_unknown_code_is_a_failure() -> None:
    codes = ["ProvisionedThroughputExceededException", "InternalFailure", "ACodeOfTomorrow"]
    pool = Pool([said({"FailedRecordCount": 3, "Records": [{"ErrorCode": code} for code in codes] + [TAKEN]})])

    outcomes = kinesis(pool).put([*RECORDS, *RECORDS])

    failed = Outcome(refused=Refused.FAILED)
    assert list(outcomes) == [Outcome(refused=Refused.THROTTLED), failed, failed, Outcome("s-1")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        {"Records": []},
        {"Records": [TAKEN]},
        {"Records": [TAKEN] * 3},
        {"Records": [TAKEN, {}]},
        {"Records": [TAKEN, {"ShardId": 7}]},
    ],
    ids=str,
)
def test_an_answer_without_an_outcome_for_each_record_does_not_tell_what_was_written(body: Any) -> None:
    with pytest.raises(TransientError, match="stream events answered in a way that does not tell what was written"):
        kinesis(Pool([said(body)])).put(RECORDS)


TRANSIENT = {
    "throttled": refused("ProvisionedThroughputExceededException"),
    "throttled by keys": refused("KMSThrottlingException"),
    "throttled in a header": said(b"", 400, x_amzn_ErrorType="ThrottlingException:http://x/"),
    "broken": refused("InternalFailure", 500),
    "down": said(b"<html>Service Unavailable</html>", 503),
    "a code of tomorrow": refused("ACodeOfTomorrow"),
    "keys of yesterday": refused("ExpiredTokenException"),
    "of another time": refused("com.amazon.coral#RequestExpired"),
    "junk": said(b"<junk", 400),
    "JSON of another shape": said(b"[1]", 403),
    "elsewhere": said(b"", 302, location="http://127.0.0.1/"),
    "no answer": ReadTimeoutError(cast("HTTPConnectionPool", None), URL, "slow"),
    "broken connection": ProtocolError("reset"),
}
PERMANENT = {
    "no such stream": refused("com.amazonaws.kinesis#ResourceNotFoundException"),
    "no access": refused("AccessDeniedException"),
    "no access, in a header": said(b"", 403, x_amzn_ErrorType="AccessDeniedException:http://x/"),
    "keys of nobody": refused("UnrecognizedClientException"),
    "another signature": refused("InvalidSignatureException", message="does not match"),
    "not understood": refused("SerializationException"),
}


@pytest.mark.parametrize("answer", TRANSIENT.values(), ids=TRANSIENT)
def test_what_may_pass_is_worth_another_attempt(answer: HTTPResponse | Exception) -> None:
    with pytest.raises(TransientError, match="stream events"):
        kinesis(Pool([answer])).put(RECORDS)
    with pytest.raises(TransientError, match="stream events"):
        kinesis(Pool([answer])).shards()


@pytest.mark.parametrize("answer", PERMANENT.values(), ids=PERMANENT)
def test_what_no_repetition_helps_stops_the_producer(answer: HTTPResponse) -> None:
    with pytest.raises(ConfigurationError, match=r"stream events refuses.*check its name"):
        kinesis(Pool([answer])).put(RECORDS)
    with pytest.raises(ConfigurationError, match=r"stream events refuses.*check its name"):
        kinesis(Pool([answer])).shards()


@pytest.mark.parametrize("word", ["message", "Message"])
def test_an_error_tells_what_kinesis_said(word: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        kinesis(Pool([said({"__type": "AccessDeniedException", word: "no grant"}, 400)])).put(RECORDS)

    assert str(caught.value) == (
        "stream events refuses: AccessDeniedException (400): no grant; "
        "check its name, the region, the credentials and their grants"
    )


def shard(name: str, first: int, last: int, **sequence: str) -> dict[str, Any]:
    hashes = {"StartingHashKey": str(first), "EndingHashKey": str(last)}
    return {"ShardId": name, "HashKeyRange": hashes, "SequenceNumberRange": {"StartingSequenceNumber": "1", **sequence}}


def test_open_shards_of_all_pages_are_listed_in_the_order_of_their_hashes() -> None:
    closed = shard("s-0", 0, 2**128 - 1, EndingSequenceNumber="9")
    first = {"Shards": [closed, shard("s-2", 2**127, 2**128 - 1)], "NextToken": 'a"token'}
    pool = Pool([said(first), said({"Shards": [shard("s-1", 0, 2**127 - 1)]})])

    assert kinesis(pool).shards() == [Shard("s-1", 0, 2**127 - 1), Shard("s-2", 2**127, 2**128 - 1)]
    assert [json.loads(body) for _, body in pool.asked] == [{"StreamName": "events"}, {"NextToken": 'a"token'}]
    assert {headers["x-amz-target"] for headers, _ in pool.asked} == {"Kinesis_20131202.ListShards"}


@pytest.mark.parametrize(
    "page",
    [b"", b"[]", b"3", {}, {"Shards": 3}, {"Shards": [{}]}, {"Shards": [], "NextToken": "always the same"}],
    ids=str,
)
def test_a_list_that_cannot_be_read_is_asked_for_again(page: Any) -> None:
    with pytest.raises(TransientError):
        kinesis(Pool([said(page)])).shards()


def test_a_forked_child_has_connections_of_its_own() -> None:
    made: list[Pool] = []

    def connect() -> HTTPConnectionPool:
        made.append(Pool([said(BOTH_TAKEN)]))
        return cast("HTTPConnectionPool", made[-1])

    stream = kinesis(Pool([]))
    stream._connect, stream._pool = connect, connect()
    child = os.fork()
    if not child:
        stream.put(RECORDS)
        stream.put(RECORDS)
        os._exit(0 if [len(pool.asked) for pool in made] == [0, 2] else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert [len(pool.asked) for pool in made] == [0]
