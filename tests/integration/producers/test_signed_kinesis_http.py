"""The signed calls of Kinesis over real sockets: as botocore's session says, and each once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.credentials import Credentials
from urllib3 import HTTPConnectionPool, Timeout

from contract.errors import ConfigurationError, TransientError
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.stream import Outcome, Record
from tests.support.scripted_http import Answer, ScriptedHttp, nothing_between, scripted_http, trust
from tests.support.sigv4_check import botocores_authorization

pytestmark = pytest.mark.integration

RECORDS = [Record("u-1", b"1\n")]
TAKEN = Answer(200, json.dumps({"Records": [{"ShardId": "s-1", "SequenceNumber": "1"}]}).encode())
BUSY, WRONG = TransientError, ConfigurationError


@pytest.fixture(scope="module")
def http() -> Iterator[ScriptedHttp]:
    with scripted_http() as script:
        yield script


@pytest.fixture(autouse=True)
def _afresh(http: ScriptedHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    http.answer = TAKEN
    http.requests.clear()
    nothing_between(monkeypatch)
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def session(token: str | None = None, region: str | None = "us-east-1") -> Any:
    made = botocore.session.Session()
    made.set_config_variable("region", region)
    made.set_credentials("AKID", "secret", token)
    return made


def stream(url: str | None, *, token: str | None = None, cbor: bool = False) -> SignedKinesis:
    return SignedKinesis.of_session(
        session(token), "events", connections=2, clock=SystemClock(), endpoint_url=url, cbor=cbor
    )


def hasty(url: str) -> SignedKinesis:
    """One that waits for an answer for a fifth of a second."""
    made = stream(url)
    pool = HTTPConnectionPool(made._pool.host, made._pool.port, timeout=Timeout(connect=2, read=0.2))
    made._pool = pool
    return made


def outcome(of: SignedKinesis) -> type | list[Outcome]:
    """What a call comes to: an error, or the outcomes."""
    try:
        return list(of.put(RECORDS))
    except (TransientError, ConfigurationError) as error:
        return type(error)


@pytest.mark.parametrize("token", [None, "a-token"])
@pytest.mark.parametrize("cbor", [False, True], ids=["JSON", "CBOR"])
def test_what_arrives_is_signed_as_botocore_signs(http: ScriptedHttp, token: str | None, *, cbor: bool) -> None:
    with pytest.raises(TransientError) if cbor else nullcontext():  # it is answered in JSON
        stream(http.url, token=token, cbor=cbor).put(RECORDS)

    [asked] = http.requests
    assert (asked.method, asked.path) == ("POST", "/")
    assert asked.headers["content-type"] == f"application/x-amz-{'cbor' if cbor else 'json'}-1.1"
    assert asked.headers.get("x-amz-security-token") == token
    keys = Credentials("AKID", "secret", token)
    expected = botocores_authorization(http.url + "/", asked.headers, asked.body, keys=keys, service="kinesis")
    assert asked.headers["authorization"] == expected
    at = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)


ANSWERS: dict[str, tuple[Any, Any]] = {
    "taken": (TAKEN, [Outcome("s-1")]),
    "refused": (Answer(400, b'{"__type":"AccessDeniedException"}'), WRONG),
    "elsewhere": (Answer(307, b"", {"location": "http://127.0.0.1:1/"}), BUSY),
    "packed, which nobody asked for": (Answer(200, TAKEN.body, {"content-encoding": "gzip"}), [Outcome("s-1")]),
    "a connection that breaks": ("reset", BUSY),
    "no answer": ("silence", BUSY),
    "less than was promised": (Answer(200, b"{", {"content-length": "9", "connection": "close"}), BUSY),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_call_is_made_once_whatever_comes_of_it(http: ScriptedHttp, name: str) -> None:
    http.answer, expected = ANSWERS[name]

    assert outcome(hasty(http.url) if http.answer == "silence" else stream(http.url)) == expected
    assert len(http.requests) == 1


def test_calls_share_a_connection_also_after_a_refusal(http: ScriptedHttp) -> None:
    kinesis = stream(http.url)
    for answer in (TAKEN, Answer(400, b"{}"), Answer(500, b"{}"), TAKEN):
        http.answer = answer
        outcome(kinesis)

    assert len({asked.connection for asked in http.requests}) == 1


def test_a_forked_child_shares_no_connection_with_its_parent(http: ScriptedHttp) -> None:
    kinesis = stream(http.url)
    kinesis.put(RECORDS)
    child = os.fork()
    if not child:
        os._exit(0 if outcome(kinesis) == outcome(kinesis) == [Outcome("s-1")] else 1)

    assert os.waitpid(child, 0)[1] == 0
    kinesis.put(RECORDS)
    first, *childs, last = (asked.connection for asked in http.requests)
    assert (len(childs), len(set(childs)), first) == (2, 1, last)
    assert first not in childs


def test_a_call_waits_for_ten_seconds_for_a_connection_and_for_thirty_for_an_answer(http: ScriptedHttp) -> None:
    timeout = stream(http.url)._pool.timeout

    assert isinstance(timeout, Timeout)
    assert (timeout.connect_timeout, timeout.read_timeout) == (10.0, 30.0)


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KINESIS"])
def test_the_address_is_the_one_that_botocore_is_told(
    http: ScriptedHttp, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"{http.url}/base/")

    assert outcome(stream(None)) == [Outcome("s-1")]
    assert [asked.path for asked in http.requests] == ["/base/"]


def test_without_an_address_it_is_that_of_aws() -> None:
    made = stream(None)

    assert (made._pool.scheme, made._pool.host, made._signer.path, made._signer.region, made._signer.service) == (
        "https",
        "kinesis.us-east-1.amazonaws.com",
        "/",
        "us-east-1",
        "kinesis",
    )


def test_a_proxy_is_refused_at_the_start(http: ScriptedHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match=r"name 127\.0\.0\.1 in NO_PROXY, or take BotoKinesis"):
        stream(http.url)

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert outcome(stream(http.url)) == [Outcome("s-1")]


def test_what_botocore_makes_no_client_of_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match="stream events: You must specify a region"):
        SignedKinesis.of_session(session(region=None), "events", connections=1, clock=SystemClock())
    with pytest.raises(ConfigurationError, match="stream events: Invalid endpoint"):
        stream("no address")


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_only_a_certificate_that_botocore_would_trust_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stranger, known, other_name, requests = trust(
        tmp_path / "loopback.pem", monkeypatch, name, answer=TAKEN, ask=lambda url: outcome(stream(url))
    )

    assert (stranger, known, other_name, requests) == (BUSY, [Outcome("s-1")], BUSY, 1)
