"""Identifiers and instants."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ids import replayed_id, time_ordered_id
from contract.times import epoch_ms, format_instant, parse_instant

pytestmark = pytest.mark.unit

instants = st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(at_ms=st.integers(0, 2**48 - 1), noise=st.binary(min_size=10, max_size=10))
def test_a_time_ordered_id_is_a_version_7_uuid_of_its_millisecond(at_ms: int, noise: bytes) -> None:
    made = uuid.UUID(time_ordered_id(at_ms, noise))

    assert (made.version, made.variant, made.int >> 80) == (7, uuid.RFC_4122, at_ms)


@given(noise=st.lists(st.binary(min_size=10, max_size=10), min_size=2, max_size=2), ms=st.integers(0, 2**48 - 2))
def test_later_ids_sort_after_earlier_ones(noise: list[bytes], ms: int) -> None:
    assert time_ordered_id(ms, noise[0]) < time_ordered_id(ms + 1, noise[1])


def test_a_replayed_row_has_the_same_id_at_every_replay() -> None:
    assert replayed_id("digest", 1) == replayed_id("digest", 1) == "fc1e7178-34a3-5010-92fb-e52a7fe91a97"
    assert len({replayed_id(d, row) for d in ("a", "b") for row in range(100)}) == 200


@given(at=instants)
def test_an_instant_is_kept_to_the_millisecond(at: datetime) -> None:
    kept = at.replace(microsecond=at.microsecond // 1000 * 1000)

    assert parse_instant(format_instant(at)) == kept
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=epoch_ms(kept)) == kept


def test_what_is_finer_than_a_millisecond_is_cut_not_rounded() -> None:
    assert parse_instant("2026-11-23T09:30:00.999999Z") == datetime(2026, 11, 23, 9, 30, 0, 999_000, tzinfo=UTC)


@given(at=instants, minutes=st.integers(-14 * 60, 14 * 60))
def test_an_offset_names_the_same_instant(at: datetime, minutes: int) -> None:
    whole = at.replace(microsecond=0, year=2000)
    local = whole.astimezone(timezone(timedelta(minutes=minutes)))

    assert parse_instant(local.isoformat()) == whole


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-23T09:30:00", "2026-02-30T00:00:00Z", "1764000000", ""])
def test_what_is_no_instant_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|day"):
        parse_instant(text)
