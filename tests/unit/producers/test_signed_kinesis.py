"""The signed calls of Kinesis: what is asked, as botocore would sign it, and what each answer means."""

from __future__ import annotations

import base64
import io
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from contract.errors import ConfigurationError, TransientError
from contract.sigv4 import Signer
from producers.sdk.kinesis_wire import CborWire, JsonWire, Wire
from producers.sdk.signed_kinesis import SignedKinesis
from producers.sdk.stream import Outcome, Record, Refused, Shard
from tests.factories import NOW, FakeClock
from tests.support.sigv4_check import botocores_authorization

pytestmark = pytest.mark.unit

URL = "https://kinesis.eu-west-1.amazonaws.com/"
RECORDS = [Record("u-1", b"1\n"), Record("u-2", b"2\n", "7")]
TAKEN = {"SequenceNumber": "1", "ShardId": "s-1"}
BOTH_TAKEN = {"FailedRecordCount": 0, "Records": [TAKEN, TAKEN]}
KEYS = Credentials("AKID", "secret", "a-token")


def said(body: Any, status: int = 200, **headers: str) -> HTTPResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HTTPResponse(io.BytesIO(content), {name.replace("_", "-"): value for name, value in headers.items()}, status)


def refused(code: str, status: int = 400, message: str = "why", **headers: str) -> HTTPResponse:
    return said({"__type": code, "message": message}, status, **headers)


@dataclass
class Pool:
    """Connections to a server that answers in turn; the last answer stays."""

    answers: list[HTTPResponse | Exception]
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def urlopen(self, method: str, path: str, body: bytes, headers: dict[str, str], **_: Any) -> HTTPResponse:
        assert (method, path) == ("POST", "/")
        self.asked.append((headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def kinesis(pool: Pool, *, keys: Any = KEYS, clock: FakeClock | None = None, wire: Wire | None = None) -> SignedKinesis:
    wire = wire or JsonWire()
    return SignedKinesis(
        "events",
        connect=lambda: cast("HTTPConnectionPool", pool),
        signer=Signer.of_url(URL, region="eu-west-1", service="kinesis", content_type=wire.content_type),
        credentials=keys,
        clock=clock or FakeClock(),
        wire=wire,
    )


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


@pytest.mark.parametrize("hours", [-3, 3])
@pytest.mark.parametrize(
    "refusal",
    [
        ("InvalidSignatureException", "Signature expired: 20261123T090000Z is now earlier than 20261123T120000Z"),
        ("InvalidSignatureException", "Signature not yet current: 20261123T150000Z is still later than 20261123T1200Z"),
        ("RequestExpired", ""),
        ("RequestTimeTooSkewed", ""),
    ],
    ids=str,
)
def test_a_clock_that_is_wrong_is_set_right_by_the_answer(refusal: tuple[str, str], hours: int) -> None:
    clock = FakeClock()
    theirs = NOW + timedelta(hours=hours)
    date = theirs.strftime("%a, %d %b %Y %H:%M:%S GMT")
    pool = Pool([refused(refusal[0], message=refusal[1], date=date), said(BOTH_TAKEN)])
    stream = kinesis(pool, clock=clock)

    with pytest.raises(TransientError, match="takes nothing for now"):
        stream.put(RECORDS)
    clock.pass_seconds(60)
    stream.put(RECORDS)

    times = [headers["x-amz-date"] for headers, _ in pool.asked]
    assert times == [at.strftime("%Y%m%dT%H%M%SZ") for at in (NOW, theirs + timedelta(seconds=60))]


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}, {"date": ""}], ids=str)
def test_without_a_time_in_the_answer_the_clock_stays(headers: dict[str, Any]) -> None:
    pool = Pool([refused("RequestExpired", **headers), said(BOTH_TAKEN)])
    stream = kinesis(pool)

    with pytest.raises(TransientError):
        stream.put(RECORDS)
    stream.put(RECORDS)

    assert [asked["x-amz-date"] for asked, _ in pool.asked] == [NOW.strftime("%Y%m%dT%H%M%SZ")] * 2


def test_other_refusals_leave_the_clock_alone() -> None:
    pool = Pool([refused("InternalFailure", 500, date="Mon, 23 Nov 2020 09:30:00 GMT"), said(BOTH_TAKEN)])
    stream = kinesis(pool)

    with pytest.raises(TransientError):
        stream.put(RECORDS)
    stream.put(RECORDS)

    assert {asked["x-amz-date"] for asked, _ in pool.asked} == {NOW.strftime("%Y%m%dT%H%M%SZ")}


def renewed_after(seconds: list[int]) -> RefreshableCredentials:
    """Of botocore's own kind: each is good for so many seconds from the machine's time, the first for none."""
    made = iter(range(len(seconds) + 1))

    def refresh() -> dict[str, str]:
        number = next(made)
        expiry = datetime.now(UTC) + timedelta(seconds=seconds[number])
        key = {"access_key": f"AKID{number}", "secret_key": f"secret{number}", "token": f"token{number}"}
        return {**key, "expiry_time": expiry.isoformat()}

    return RefreshableCredentials.create_from_metadata(refresh(), refresh, "a-role")


def test_credentials_that_expire_are_renewed_before_they_do() -> None:
    pool = Pool([said(BOTH_TAKEN)])
    stream = kinesis(pool, keys=renewed_after([1, 3_600]))

    stream.put(RECORDS)
    stream.put(RECORDS)

    assert [headers["x-amz-security-token"] for headers, _ in pool.asked] == ["token1", "token1"]
    for headers, body in pool.asked:
        keys = Credentials("AKID1", "secret1", "token1")
        expected = botocores_authorization(URL, headers, body, keys=keys, region="eu-west-1", service="kinesis")
        assert headers["authorization"] == expected


def test_credentials_that_cannot_be_renewed_are_worth_another_attempt_and_nothing_is_asked() -> None:
    class Nobody:
        def get_frozen_credentials(self) -> None:
            raise CredentialRetrievalError(provider="process", error_msg="exit 1")

    pool = Pool([])
    for keys in (Nobody(), renewed_after([1, 0, 0])):
        with pytest.raises(TransientError, match="no credentials for now"):
            kinesis(pool, keys=keys).put(RECORDS)
    assert pool.asked == []


def test_without_credentials_nothing_is_asked() -> None:
    pool = Pool([])
    stream = kinesis(pool)
    stream._credentials = None

    with pytest.raises(ConfigurationError, match="credentials"):
        stream.put(RECORDS)
    assert pool.asked == []


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
