"""The lean PutEvents call beside boto3's: the same request, the same meaning of every answer, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from urllib3 import HTTPConnectionPool, Timeout

from consumers.clock import SystemClock
from consumers.realtime.adapters import Client, PersonalizeEvents
from consumers.realtime.calls import Call
from consumers.realtime.sending import Refused
from consumers.realtime.signed_http import SignedPersonalizeEvents
from contract.errors import ConfigurationError, TransientError
from tests.support.scripted_http import Answer, ScriptedHttp, nothing_between, scripted_http, trust
from tests.support.sigv4_check import botocores_authorization

pytestmark = pytest.mark.integration

PATIENT, HASTY = 20.0, 0.2  # seconds that an answer is waited for: a busy machine is no silence
ENTRY = {"eventId": "e-1", "eventType": "view", "itemId": "i-1", "sentAt": 1_795_424_400}
FULL = {
    **ENTRY,
    "eventValue": 12.5,
    "impression": ["i-1", "i-2"],
    "recommendationId": "r-1",
    "properties": '{"device":"möbile \\"x\\""}',
}


@pytest.fixture(scope="module")
def http() -> Iterator[ScriptedHttp]:
    with scripted_http() as script:
        yield script


@pytest.fixture(autouse=True)
def _afresh(http: ScriptedHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    http.answer = Answer()
    http.requests.clear()
    nothing_between(monkeypatch)


def session(token: str | None = None) -> Any:
    made = botocore.session.Session()
    made.set_config_variable("region", "us-east-1")
    made.set_credentials("AKID", "secret", token)
    return made


def lean(url: str | None, token: str | None = None) -> SignedPersonalizeEvents:
    return SignedPersonalizeEvents.of_session(session(token), connections=2, clock=SystemClock(), endpoint_url=url)


@cache  # botocore takes a tenth of a second to make a client
def signed(url: str, read_seconds: float = PATIENT) -> SignedPersonalizeEvents:
    """The lean client, as patient as a test wants it."""
    made = lean(url)
    pool = HTTPConnectionPool(made.pool.host, made.pool.port, timeout=Timeout(connect=2, read=read_seconds))
    return replace(made, pool=pool)


@cache
def boto(url: str, read_seconds: float = PATIENT) -> Client:
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=read_seconds)
    client: Client = session().create_client("personalize-events", endpoint_url=url, config=config)
    return client


def call(*entries: Mapping[str, Any], user_id: str | None = "u-1") -> Call:
    return Call(session_id="s-1", user_id=user_id, entries=entries or (ENTRY,), numbers=(0,))


def outcome(client: Client) -> tuple[type | None, str]:
    """What a call comes to: nothing, or which error, with a refusal's message."""
    try:
        PersonalizeEvents(client).put("t-1", call())
    except (Refused, TransientError, ConfigurationError) as error:
        return type(error), str(error) if isinstance(error, Refused) else ""
    return None, ""


def said(status: int, code: str | None = None, message: str | None = "why", **headers: str) -> Answer:
    body = {"__type": code, "message": message}
    text = json.dumps({name: value for name, value in body.items() if value is not None})
    return Answer(status, text.encode(), {name.replace("_", "-"): value for name, value in headers.items()})


BUSY, WRONG, TAKEN = (TransientError, ""), (ConfigurationError, ""), (None, "")
ANSWERS: dict[str, tuple[Any, tuple[type | None, str]]] = {
    "taken": (Answer(200), TAKEN),
    "taken, and says something": (Answer(200, b"{}"), TAKEN),
    "taken, and nobody reads what it says": (Answer(201, b"<junk"), TAKEN),
    "refused": (said(400, "InvalidInputException"), (Refused, "why")),
    "refused, named in a header": (said(400, x_amzn_ErrorType="InvalidInputException"), (Refused, "why")),
    "refused, with a namespace": (said(400, "com.amazonaws#InvalidInputException"), (Refused, "why")),
    "refused, with a link": (said(400, x_amzn_errortype="InvalidInputException:http://x/"), (Refused, "why")),
    "refused, in capitals": (
        Answer(400, b'{"Message":"why"}', {"X-AMZN-ERRORTYPE": "InvalidInputException"}),
        (Refused, "why"),
    ),
    "refused without a reason": (said(400, "InvalidInputException", None), (Refused, "")),
    "the header goes before the body": (said(400, "InvalidInputException", x_amzn_errortype="Throttling"), BUSY),
    "throttled": (said(400, "ThrottlingException"), BUSY),
    "too many": (said(429, "TooManyRequestsException"), BUSY),
    "too many, without a name": (Answer(429), BUSY),
    "broken": (said(500, "InternalServerException"), BUSY),
    "broken, without a name": (Answer(500), BUSY),
    "down": (Answer(503, b"<html><body>Service Unavailable</body></html>", {"content-type": "text/html"}), BUSY),
    "no access": (said(403, "AccessDeniedException"), WRONG),
    "keys of yesterday": (said(403, "ExpiredTokenException"), WRONG),
    "keys of nobody": (said(403, x_amzn_errortype="UnrecognizedClientException"), WRONG),
    "a wrong signature": (said(403, "InvalidSignatureException"), WRONG),
    "an error that no model knows": (said(404, "ResourceNotFoundException"), BUSY),
    "elsewhere": (Answer(302, b"", {"location": "http://127.0.0.1:1/"}), BUSY),
    "junk": (Answer(400, b"<junk"), BUSY),
    "a connection that breaks": ("reset", BUSY),
    "no answer": ("silence", BUSY),
    "less than was promised": (Answer(400, b"{", {"content-length": "9", "connection": "close"}), BUSY),
}


@pytest.mark.parametrize("make", [signed, boto], ids=["lean", "boto3"])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_means_the_same_to_both(http: ScriptedHttp, name: str, make: Any) -> None:
    http.answer, expected = ANSWERS[name]

    assert outcome(make(http.url, HASTY if http.answer == "silence" else PATIENT)) == expected
    assert len(http.requests) == 1  # neither tries again, nor follows


@pytest.mark.parametrize("body", [b"[1]", b"null", b'"text"', b"\xff\xfe", b'{"__type": 3}', b"{"])
@pytest.mark.parametrize(("status", "expected"), [(400, BUSY), (503, BUSY)])
def test_an_answer_that_makes_botocore_stumble_is_transient(
    http: ScriptedHttp, body: bytes, status: int, expected: tuple[type, str]
) -> None:
    http.answer = Answer(status, body)

    assert outcome(signed(http.url)) == expected


@pytest.mark.parametrize("user_id", ["u-1", "ü ☃", None])
@pytest.mark.parametrize("entries", [(ENTRY,), (FULL, ENTRY), (FULL,) * 10], ids=len)
def test_both_ask_for_the_same(http: ScriptedHttp, entries: tuple[Mapping[str, Any], ...], user_id: str | None) -> None:
    for client in (boto(http.url), signed(http.url)):
        PersonalizeEvents(client).put("t-1", call(*entries, user_id=user_id))

    theirs, ours = http.requests
    assert json.loads(ours.body) == json.loads(theirs.body)
    assert (ours.method, ours.path) == (theirs.method, theirs.path) == ("POST", "/events")
    for name in ("content-type", "host", "content-length"):
        assert ours.headers[name] == (str(len(ours.body)) if name == "content-length" else theirs.headers[name])


@pytest.mark.parametrize("token", [None, "a-token"])
def test_what_arrives_is_signed_as_botocore_signs(http: ScriptedHttp, token: str | None) -> None:
    PersonalizeEvents(lean(http.url, token)).put("t-1", call())

    [asked] = http.requests
    keys = Credentials("AKID", "secret", token)
    expected = botocores_authorization(http.url + asked.path, asked.headers, asked.body, keys=keys)
    assert asked.headers["authorization"] == expected
    assert asked.headers.get("x-amz-security-token") == token
    at = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)


def test_credentials_are_asked_for_at_every_call(http: ScriptedHttp) -> None:
    client = lean(http.url)
    client.credentials.secret_key, client.credentials.access_key = "renewed", "NEW"

    client.put_events(trackingId="t-1")

    [asked] = http.requests
    keys = Credentials("NEW", "renewed")
    assert asked.headers["authorization"] == botocores_authorization(
        f"{http.url}/events", asked.headers, asked.body, keys=keys
    )


def test_calls_share_a_connection_also_after_a_refusal(http: ScriptedHttp) -> None:
    client = signed(http.url)
    for answer in (Answer(), said(400, "InvalidInputException"), said(500), Answer()):
        http.answer = answer
        outcome(client)

    assert len({asked.connection for asked in http.requests}) == 1


def test_a_call_waits_two_seconds_for_a_connection_and_four_for_an_answer(http: ScriptedHttp) -> None:
    timeout = lean(http.url).pool.timeout

    assert isinstance(timeout, Timeout)
    assert (timeout.connect_timeout, timeout.read_timeout) == (2.0, 4.0)


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_PERSONALIZE_EVENTS"])
def test_the_address_is_the_one_that_botocore_is_told(
    http: ScriptedHttp, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"{http.url}/base/")

    lean(None).put_events(trackingId="t-1")

    assert [asked.path for asked in http.requests] == ["/base/events"]


def test_without_an_address_it_is_that_of_aws() -> None:
    client = lean(None)

    assert (client.pool.scheme, client.pool.host, client.signer.path, client.signer.region, client.signer.service) == (
        "https",
        "personalize-events.us-east-1.amazonaws.com",
        "/events",
        "us-east-1",
        "personalize",
    )


def test_a_proxy_is_refused_at_the_start(http: ScriptedHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match=r"name 127\.0\.0\.1 in NO_PROXY"):
        lean(http.url)

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert outcome(lean(http.url)) == TAKEN


def test_without_credentials_nothing_is_asked(http: ScriptedHttp) -> None:
    class Nobody:
        """A session where nobody is logged in."""

        create_client = staticmethod(session().create_client)
        get_config_variable = staticmethod(session().get_config_variable)
        get_credentials = staticmethod(lambda: None)

    client = SignedPersonalizeEvents.of_session(Nobody(), connections=1, clock=SystemClock(), endpoint_url=http.url)

    assert (outcome(client), http.requests) == (WRONG, [])


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_only_a_certificate_that_botocore_would_trust_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stranger, known, other_name, requests = trust(
        tmp_path / "loopback.pem", monkeypatch, name, answer=Answer(), ask=lambda url: outcome(lean(url))
    )

    assert (stranger, known, other_name, requests) == (BUSY, TAKEN, BUSY, 1)
