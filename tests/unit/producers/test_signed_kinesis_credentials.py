"""The signed calls of Kinesis as time passes: credentials that are renewed, a clock that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from contract.errors import ConfigurationError, TransientError
from tests.factories import NOW, FakeClock
from tests.support.kinesis_pool import BOTH_TAKEN, RECORDS, URL, Pool, kinesis, refused, said
from tests.support.sigv4_check import botocores_authorization

pytestmark = pytest.mark.unit


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
