"""Keys of snapshots: they say when, and sort as time goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ConfigurationError
from contract.snapshots import snapshot_key, snapshot_time

pytestmark = pytest.mark.unit

DIGEST = "0123456789abcdef" * 4
times = st.datetimes(
    datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)  # noqa: DTZ001  # hypothesis adds the zone
)  # fmt: skip


def test_a_key_says_of_what_and_when_in_utc() -> None:
    taken_at = datetime(2026, 11, 24, 0, 30, 5, 999_999, tzinfo=timezone(timedelta(hours=1)))

    assert snapshot_key("users", taken_at, DIGEST) == "catalog/users/dt=2026-11-23/233005Z-0123456789ab.json.gz"


@given(at=times)
def test_the_time_comes_back_to_the_second(at: datetime) -> None:
    assert snapshot_time(snapshot_key("items", at, DIGEST)) == at.replace(microsecond=0)


@given(one=times, other=times)
def test_keys_sort_as_their_times(one: datetime, other: datetime) -> None:
    keys = [snapshot_key("items", at.replace(microsecond=0), DIGEST) for at in (one, other)]

    assert (keys[0] < keys[1]) == (one.replace(microsecond=0) < other.replace(microsecond=0))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "catalog/items/0123456789ab.json.gz",
        "catalog/items/dt=2026-11-23/093000Z-0123456789ab.json",
        "catalog/items/dt=2026-11-23/093000Z-0123456789abc.json.gz",
        "catalog/items/dt=2026-11-23/093000Z-0123456789a.json.gz",
        "catalog/items/dt=2026-11-23/093000-0123456789ab.json.gz",
        "catalog/events/dt=2026-11-23/093000Z-0123456789ab.json.gz",
        "raw/catalog/items/dt=2026-11-23/093000Z-0123456789ab.json.gz",
        "catalog/items/dt=2026-02-30/093000Z-0123456789ab.json.gz",
        "catalog/items/dt=2026-11-23/240000Z-0123456789ab.json.gz",
        "catalog/items/dt=2026-11-23/093000Z-0123456789ab.json.gz\n",
    ],
)
def test_a_key_that_does_not_say_when_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is no snapshot|names no time"):
        snapshot_time(key)


@pytest.mark.parametrize(
    ("dataset", "at", "digest", "message"),
    [
        ("events", datetime(2026, 1, 1, tzinfo=UTC), DIGEST, "not 'events'"),
        ("items", datetime(2026, 1, 1), DIGEST, "needs a zone"),  # noqa: DTZ001  # the point
        ("items", datetime(2026, 1, 1, tzinfo=UTC), "0123", "is no digest"),
        ("items", datetime(2026, 1, 1, tzinfo=UTC), DIGEST.upper(), "is no digest"),
    ],
)
def test_what_makes_no_key_is_refused(dataset: str, at: datetime, digest: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        snapshot_key(dataset, at, digest)
