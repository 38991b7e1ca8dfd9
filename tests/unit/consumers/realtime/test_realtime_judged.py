"""The verdict on a line depends on the line and on when it arrived, on nothing else."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from consumers.realtime.judged import Judge
from consumers.realtime.lines import Line
from contract.codec import encode
from tests.factories import NOW, event
from tests.support.realtime_world import EARLIEST

pytestmark = pytest.mark.unit

JUDGE = Judge(earliest=EARLIEST, sends_interactions=True)


def line(data: bytes) -> Line:
    return Line(1, 0, NOW.timestamp(), data.rstrip(b"\n"))


def test_an_event_to_deliver_has_its_entry_and_its_stamp() -> None:
    made = event(event_id="e-1", producer_id="p", producer_seq=3)

    judged = JUDGE.judge(line(encode(made)))

    assert (judged.outcome, judged.event, judged.stamp) == ("delivered", made, ("p", 3))
    assert judged.entry == {"eventId": "e-1", "eventType": "view", "itemId": "i-1", "sentAt": 1_795_424_400}


@pytest.mark.parametrize(
    ("data", "stamp"),
    [
        (b'{"producer_id":"p","producer_seq":7}', ("p", 7)),
        (b'{"producer_id":"p","producer_seq":0}', None),
        (b'{"producer_id":"p","producer_seq":true}', None),
        (b'{"producer_id":"p","producer_seq":"7"}', None),
        (b'{"producer_id":"p"}', None),
        (b'{"producer_id":"' + b"p" * 65 + b'","producer_seq":7}', None),
        (b'{"producer_id":"a b","producer_seq":7}', None),
        (b'{"producer_id":"p","producer_seq":9007199254740993}', None),
        (b'["producer_id","p"]', None),
        (b'{"producer_id":"p","producer_seq":7', None),
    ],
)
def test_poison_keeps_its_stamp_where_it_can_be_read(data: bytes, stamp: tuple[str, int] | None) -> None:
    judged = JUDGE.judge(line(data))

    assert (judged.outcome, judged.stamp) == ("quarantined", stamp)


@pytest.mark.parametrize(
    ("occurred_at", "outcome"), [("2026-11-24T10:00:00Z", "delivered"), ("2026-11-24T10:00:00.001Z", "quarantined")]
)
def test_an_event_may_be_a_day_ahead_of_the_hour_in_which_it_arrived(occurred_at: str, outcome: str) -> None:
    assert NOW.isoformat() == "2026-11-23T09:30:00+00:00"
    assert JUDGE.judge(line(encode(event(occurred_at=occurred_at)))).outcome == outcome


def test_an_event_from_before_the_earliest_day_is_poison() -> None:
    judged = JUDGE.judge(line(encode(event(occurred_at="1994-12-31T23:59:59Z"))))

    assert (judged.outcome, judged.reason, judged.rule) == ("quarantined", "implausible_time", "occurred_at.earliest")


def test_what_looks_like_a_checkpoint_and_is_none_is_poison() -> None:
    assert JUDGE.judge(line(b'{"checkpoint":{"producer_id":"p"}}')).outcome == "quarantined"


def test_an_integer_as_value_is_a_value() -> None:
    whole = msgspec.json.encode({**msgspec.to_builtins(event()), "value": 20})

    assert JUDGE.judge(line(whole)).outcome == "delivered"


@pytest.mark.parametrize(
    ("occurred_at", "outcome"), [("2026-11-22T09:30:00Z", "delivered"), ("2026-11-22T09:29:59.999Z", "excluded:late")]
)
def test_what_occurred_long_before_it_arrived_goes_by_file_where_files_carry_it(occurred_at: str, outcome: str) -> None:
    both = Judge(earliest=EARLIEST, sends_interactions=True, late_after=timedelta(hours=24))
    old = line(encode(event(occurred_at=occurred_at)))

    assert both.judge(old).outcome == outcome
    assert JUDGE.judge(old).outcome == "delivered"
