"""The simulator: the same for a seed, exact in its numbers, and its broken lines break what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.checkpoints import parse_checkpoint
from contract.codec import Event, Plausible, decode
from contract.errors import ConfigurationError
from contract.judge import Refused, judge
from contract.times import parse_instant
from producers.sdk.memory import MemoryStream
from producers.simulator.broken import KINDS, Kind, broken_line
from producers.simulator.catalog import catalog
from producers.simulator.run import run_simulation
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Broken, Repeated, Sent, simulate
from producers.simulator.truth import Truth
from tests.factories import FakeClock, event

pytestmark = pytest.mark.unit

START = datetime(2026, 11, 9, tzinfo=UTC)
WEEK = SimulationSettings(seed=7, events=2_000, start=START, users=60)
PLAUSIBLE = Plausible(datetime(1995, 1, 1, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))


def sent(asked: SimulationSettings) -> list[Event]:
    return [s.event for s in simulate(asked) if isinstance(s, Sent)]


def played(asked: SimulationSettings) -> tuple[Truth, list[bytes]]:
    stream = MemoryStream()
    truth = run_simulation(asked, lambda: stream, FakeClock())
    return truth, [r.data for r in stream.lines if parse_checkpoint(r.data) is None]


def test_a_seed_gives_the_same_traffic_and_another_seed_another() -> None:
    assert list(simulate(WEEK)) == list(simulate(WEEK))
    assert sent(WEEK) != sent(replace(WEEK, seed=8))


@settings(max_examples=25)
@given(
    events=st.integers(1, 300),
    broken=st.floats(0, 0.5),
    duplicates=st.floats(0, 0.5),
    late=st.floats(0, 1),
    users=st.integers(1, 50),
)
def test_the_numbers_are_exact(events: int, broken: float, duplicates: float, late: float, users: int) -> None:
    asked = replace(WEEK, events=events, users=users, broken_share=broken, duplicate_share=duplicates, late_share=late)

    found = Counter(type(s) for s in simulate(asked))

    expected = {Sent: events, Broken: round(events * broken), Repeated: round(events * duplicates)}
    assert found == {kind: number for kind, number in expected.items() if number}


def test_redeliveries_that_excluded_events_leave_owing_are_made_up_for() -> None:
    asked = replace(WEEK, events=500, users=20, duplicate_share=1.0)

    truth, lines = played(asked)

    assert truth.excluded > 0
    assert (truth.duplicates, len(lines)) == (500, 500 + 500 + asked.broken)


def test_every_event_keeps_the_contract_and_has_its_own_id() -> None:
    events = sent(WEEK)

    assert len({e.event_id for e in events}) == WEEK.events
    times = [parse_instant(e.occurred_at) for e in events]
    assert min(times) >= START
    assert max(times) < WEEK.end + timedelta(hours=1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_broken_line_breaks_the_rule_that_its_kind_names(kind: Kind) -> None:
    line = broken_line(kind, event(user_id="u-1", anonymous_id="a-1", value=3.5), 42)

    verdict = judge(line, PLAUSIBLE)

    assert isinstance(verdict, Refused)
    assert (verdict.rule.id, verdict.rule.reason) == (kind.rule, kind.reason)
    assert f"broken-{kind.name}-000042".encode() in line
    assert b"\n" not in line


def test_all_kinds_of_broken_lines_appear_and_no_two_lines_are_alike() -> None:
    broken = [s for s in simulate(WEEK) if isinstance(s, Broken)]

    assert {s.kind.name for s in broken} == {kind.name for kind in KINDS}
    assert len({s.line for s in broken}) == len(broken) == 100
    assert len(KINDS) >= 14


def test_the_stream_holds_exactly_what_the_truth_says() -> None:
    truth, lines = played(WEEK)

    verdicts = [judge(line.removesuffix(b"\n"), PLAUSIBLE) for line in lines]
    rules = Counter(v.rule.id for v in verdicts if isinstance(v, Refused))
    good = [decode(line, PLAUSIBLE) for line, v in zip(lines, verdicts, strict=True) if not isinstance(v, Refused)]
    different = {e.event_id: e for e in good}
    refusing = [e for e in different.values() if e.consent and e.consent.analytics is False]
    assert (len(lines), truth.lines) == (2_120, 2_120)
    assert rules == truth.broken_rules
    assert (len(different), len(good) - len(different)) == (truth.accepted, truth.duplicates) == (2_000, 20)
    assert (len(refusing), truth.delivered) == (truth.excluded, 2_000 - truth.excluded)
    assert truth.excluded > 0
    assert truth.late > 0
    assert Counter(e.producer_id for e in different.values()) == truth.producers
    assert Counter(e.event_type for e in different.values()) == truth.event_types


def test_a_redelivery_is_the_same_record_to_the_last_byte() -> None:
    _, lines = played(WEEK)

    assert sorted(Counter(lines).values())[-20:] == [2] * 20


def test_a_redelivered_event_is_never_one_that_is_excluded() -> None:
    repeating = [s.event for s in simulate(replace(WEEK, duplicate_share=0.9)) if isinstance(s, Sent) and s.repeats]

    assert {e.consent.analytics for e in repeating if e.consent} == {True}


def test_late_events_reach_the_stream_hours_after_they_occurred_and_within_a_day() -> None:
    late = [s.event for s in simulate(WEEK) if isinstance(s, Sent) and s.late]

    waits = [parse_instant(e.sent_at or "") - parse_instant(e.occurred_at) for e in late]
    assert min(waits) >= timedelta(hours=1)
    assert max(waits) <= timedelta(days=1, minutes=1)


def is_anonymous(found: Event) -> bool:
    return found.user_id is None


def is_known(found: Event) -> bool:
    return found.user_id is not None and found.anonymous_id is not None


def refuses_personalization(found: Event) -> bool:
    return found.consent is not None and found.consent.personalization is False


def follows_a_recommendation(found: Event) -> bool:
    came_from_a_list = found.event_type == "click" and found.item_id in (found.impression or ())
    return came_from_a_list and found.recommendation_id is not None


@pytest.mark.parametrize("trait", [is_anonymous, is_known, refuses_personalization, follows_a_recommendation])
def test_the_crowd_has_all_that_a_shop_sees(trait: Callable[[Event], bool]) -> None:
    assert any(map(trait, sent(WEEK)))


def test_someone_logs_in_during_a_visit_and_visitors_return() -> None:
    users_of: dict[str, set[str | None]] = {}
    sessions_of: dict[str, set[str]] = {}
    for e in sent(WEEK):
        users_of.setdefault(e.session_id or "", set()).add(e.user_id)
        sessions_of.setdefault(e.anonymous_id or "", set()).add(e.session_id or "")

    assert any(None in users and len(users) == 2 for users in users_of.values())
    assert any(len(sessions) > 3 for sessions in sessions_of.values())


def test_all_event_types_of_the_contract_occur_and_only_items_of_the_catalog() -> None:
    events = sent(replace(WEEK, events=5_000))

    items = {item.item_id for item in catalog(WEEK).items}
    assert {e.event_type for e in events} == {
        "view", "click", "add_to_cart", "remove_from_cart", "purchase", "watch", "rating", "search", "impression"
    }  # fmt: skip
    assert {e.item_id for e in events if e.item_id} <= items
    assert {e.user_id for e in events if e.user_id} <= {user.user_id for user in catalog(WEEK).users}


def test_the_number_of_events_accepted_is_told_as_it_grows() -> None:
    told: list[int] = []

    run_simulation(replace(WEEK, events=2_500), MemoryStream, FakeClock(), told.append)

    assert told == [1_000, 2_000, 2_500]


def test_events_after_now_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="earlier start"):
        run_simulation(replace(WEEK, days=30), MemoryStream, FakeClock())


@pytest.mark.parametrize(
    "wrong",
    [{"events": 0}, {"days": 0}, {"items": 3}, {"broken_share": 1.5}, {"start": datetime(2026, 1, 1)}],  # noqa: DTZ001
)
def test_what_cannot_be_simulated_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        replace(WEEK, **wrong)
