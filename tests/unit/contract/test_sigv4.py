"""The signature of a call is the one that botocore computes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from contract.sigv4 import Signer
from tests.support.sigv4_check import botocores_authorization

pytestmark = pytest.mark.unit

URL = "https://personalize-events.eu-west-1.amazonaws.com/events"
AT = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
SIGNS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


def signer(url: str = URL) -> Signer:
    return Signer.of_url(url, region="eu-west-1", service="personalize")


def test_a_call_is_signed_as_aws_says() -> None:
    body = b'{"trackingId":"t"}'

    headers = signer().headers(body, keys=Credentials("AKID", "secret", "a-token"), at=AT)

    assert headers == {
        "content-type": "application/json",
        "host": "personalize-events.eu-west-1.amazonaws.com",
        "x-amz-date": "20261123T173000Z",
        "x-amz-security-token": "a-token",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/personalize/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=" + headers["authorization"][-64:],
    }
    keys = Credentials("AKID", "secret", "a-token")
    assert headers["authorization"] == botocores_authorization(URL, headers, body, keys=keys, region="eu-west-1")


@given(
    body=st.binary(max_size=300),
    access=SIGNS,
    secret=SIGNS,
    token=st.none() | SIGNS,
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_any_body_keys_and_time_give_botocores_signature(
    body: bytes, access: str, secret: str, token: str | None, at: datetime
) -> None:
    keys = Credentials(access, secret, token)

    headers = signer().headers(body, keys=keys, at=at)

    assert headers["authorization"] == botocores_authorization(URL, headers, body, keys=keys, region="eu-west-1")


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("http://127.0.0.1:4566/events", "127.0.0.1:4566", "/events"),
        ("https://EXAMPLE.com:443/events", "example.com", "/events"),
        ("http://example.com:80/events", "example.com", "/events"),
        ("https://example.com:80/events", "example.com:80", "/events"),
        ("http://[::1]:4566/base/events", "[::1]:4566", "/base/events"),
        ("http://name:word@example.com/a%20b/~c/events", "example.com", "/a%20b/~c/events"),
        ("https://example.com", "example.com", "/"),
    ],
)
def test_any_address_gives_botocores_signature(url: str, host: str, path: str) -> None:
    keys = Credentials("AKID", "secret")

    headers = signer(url).headers(b"{}", keys=keys, at=AT)

    assert (signer(url).host, signer(url).path) == (host, path)
    assert headers["authorization"] == botocores_authorization(url, headers, b"{}", keys=keys, region="eu-west-1")


@pytest.mark.parametrize("token", [None, "a-token"])
@pytest.mark.parametrize("content_type", ["application/x-amz-json-1.1", "application/x-amz-cbor-1.1"])
def test_a_call_that_is_named_in_a_header_gives_botocores_signature(content_type: str, token: str | None) -> None:
    url = "https://kinesis.eu-west-1.amazonaws.com/"
    kinesis = Signer.of_url(url, region="eu-west-1", service="kinesis", content_type=content_type)
    keys = Credentials("AKID", "secret", token)
    more = {"x-amz-target": "Kinesis_20131202.PutRecords", "accept-language": "none"}

    headers = kinesis.headers(b"\xa0", keys=keys, at=AT, more=more)

    names = ["accept-language", "content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"]
    names = [name for name in names if token or "token" not in name]
    assert list(headers) == [*names, "authorization"]
    assert f"SignedHeaders={';'.join(names)}," in headers["authorization"]
    assert headers["content-type"] == content_type
    expected = botocores_authorization(url, headers, b"\xa0", keys=keys, region="eu-west-1", service="kinesis")
    assert headers["authorization"] == expected


def test_a_new_day_or_a_new_secret_is_a_new_key() -> None:
    later = AT + timedelta(hours=7)
    for keys in (Credentials("AKID", "secret"), Credentials("AKID", "renewed")):
        for at in (AT, later, AT):
            headers = signer().headers(b"{}", keys=keys, at=at)
            expected = botocores_authorization(URL, headers, b"{}", keys=keys, region="eu-west-1")
            assert headers["authorization"] == expected


def test_time_of_another_zone_is_signed_as_utc() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))

    keys = Credentials("AKID", "secret")
    assert signer().headers(b"{}", keys=keys, at=elsewhere) == signer().headers(b"{}", keys=keys, at=AT)
