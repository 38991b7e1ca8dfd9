"""Events as they came in: stamped, corrected, refused; and never another verdict than the contract's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.checkpoints import Checkpoint, encode_checkpoint, parse_checkpoint
from contract.codec import Context, decode, encode
from contract.errors import InvalidEvent
from contract.events import MAX_LINE_BYTES
from producers.collector.bodies import events_in
from producers.collector.core import Facts, Rejected, Sorted, sort_events
from producers.collector.enrichment import Device, Enrichment
from producers.collector.problems import Problem
from tests.factories import NOW, event
from tests.good_lines import PLAUSIBLE
from tests.strategies import generated_lines

pytestmark = pytest.mark.unit

RECEIVED = "2026-11-23T09:30:00.000Z"


def sort(*events: Any, **facts: Any) -> Sorted:
    lines = [e if isinstance(e, bytes) else encode(e).rstrip() for e in events]
    return sort_events(lines, Facts.of(NOW, **facts))


def values_of(sorted_events: Sorted) -> list[dict[str, Any]]:
    return [json.loads(line) for _, line in sorted_events.stamped]


def test_a_good_event_gets_the_time_of_its_receipt_and_is_keyed_by_its_visitor() -> None:
    known, anonymous = event(), event(user_id=None, anonymous_id="a-1", sent_at="2026-11-23T09:29:59Z")

    found = sort(known, anonymous)

    assert found == Sorted(
        stamped=[
            ("u-1", encode(event(event_id=known.event_id, received_at=RECEIVED))),
            (
                "a-1",
                encode(
                    event(
                        event_id=anonymous.event_id,
                        user_id=None,
                        anonymous_id="a-1",
                        sent_at="2026-11-23T09:29:59Z",
                        received_at=RECEIVED,
                    )
                ),
            ),
        ]
    )


@pytest.mark.parametrize(
    "said",
    [{"received_at": "2026-01-01T00:00:00Z"}, {"producer_id": "mine", "producer_seq": 7}],
    ids=["time", "number"],
)
def test_what_only_we_may_say_is_not_believed(said: dict[str, Any]) -> None:
    found = sort(event(event_id="e", **said))

    assert found.stamped == [("u-1", encode(event(event_id="e", received_at=RECEIVED)))]


def test_an_event_in_any_other_form_leaves_in_canonical_form() -> None:
    values = {"item_id": "i\\1", "user_id": "u-1", "occurred_at": "2026-11-23T10:00:00+01:00", "event_type": "view"}
    line = json.dumps(values | {"event_id": "e", "new_field": 1}, indent=1).replace("\n", " ").encode()

    [(_, stamped)] = sort(line).stamped

    made = event(event_id="e", item_id="i\\1", occurred_at="2026-11-23T10:00:00+01:00", received_at=RECEIVED)
    assert stamped == encode(made)


def test_a_bad_event_stays_as_it_is_and_sinks_no_neighbour() -> None:
    found = sort(b'{"event_id": 7}', event(event_id="e"))

    assert found == Sorted(
        stamped=[("u-1", encode(event(event_id="e", received_at=RECEIVED)))],
        foreign=[("bad-1b1c381d", b'{"event_id": 7}\n')],
        rejected=[Rejected(0, "wrong_type", "event_id.type")],
    )


def test_nobody_outside_writes_a_checkpoint() -> None:
    forged = Checkpoint(producer_id="victim", number=1, accepted=10**6, at=NOW, final=True)

    found = sort(encode_checkpoint(forged).rstrip())

    [(_, line)] = found.foreign
    assert parse_checkpoint(line) is None
    assert line == b" " + encode_checkpoint(forged)


@pytest.mark.parametrize(
    ("sent_at", "occurred_at", "becomes"),
    [
        ("2026-11-23T09:25:00Z", "2026-11-23T09:20:00Z", "2026-11-23T09:20:00Z"),  # 5 minutes: as good as right
        ("2026-11-23T09:24:59Z", "2026-11-23T09:20:00.250Z", "2026-11-23T09:25:00.250Z"),
        ("2026-11-23T12:30:20+01:00", "2026-11-23T12:29:50+01:00", "2026-11-23T09:29:50.000Z"),  # two hours ahead
        ("2029-11-23T09:30:00Z", "2029-11-23T09:00:00Z", "2026-11-23T09:00:00.000Z"),  # implausible as it came
        ("2007-11-23T09:30:00Z", "2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z"),  # good as it came, bad if moved
        ("1906-01-03T03:00:50Z", "2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z"),  # nor is it moved into year 2147
    ],
)
def test_a_wrong_clock_is_set_right_by_whole_minutes(sent_at: str, occurred_at: str, becomes: str) -> None:
    found = sort(event(sent_at=sent_at, occurred_at=occurred_at))

    assert [v["occurred_at"] for v in values_of(found)] == [becomes]


def test_an_event_sent_again_a_little_later_stays_the_same_event() -> None:
    line = encode(event(sent_at="2026-11-23T08:00:00Z", occurred_at="2026-11-23T07:59:00Z")).rstrip()

    first = sort_events([line], Facts.of(NOW))
    again = sort_events([line], Facts.of(NOW + timedelta(seconds=20)))

    assert values_of(first)[0]["occurred_at"] == values_of(again)[0]["occurred_at"] == "2026-11-23T09:29:00.000Z"


def test_an_implausible_time_that_no_clock_explains_is_refused() -> None:
    found = sort(
        event(occurred_at="2029-01-01T00:00:00Z", sent_at="2026-11-23T09:30:00Z"),
        event(occurred_at="1990-01-01T00:00:00Z"),
    )

    assert [r.rule for r in found.rejected] == ["occurred_at.latest", "occurred_at.earliest"]


def test_an_application_s_key_speaks_for_no_other_and_its_events_are_not_quarantined() -> None:
    found = sort(
        event(event_id="1", app_id="shop"), event(event_id="2"), event(event_id="3", app_id="other"), app_id="shop"
    )

    assert [(v["event_id"], v["app_id"]) for v in values_of(found)] == [("1", "shop"), ("2", "shop")]
    assert (found.foreign, found.rejected) == ([], [Rejected(2, "refused_value", "app_id.write_key")])


def test_an_event_must_leave_room_for_what_is_added_to_it() -> None:
    room = len(b',"received_at":"%b"' % RECEIVED.encode()) + 113  # and the longest producer_id and producer_seq

    found = sort(event_of_size(MAX_LINE_BYTES - room), event_of_size(MAX_LINE_BYTES - room + 1))

    assert ([len(line) for _, line in found.stamped], found.foreign) == ([MAX_LINE_BYTES - 113 + 1], [])
    assert found.rejected == [Rejected(1, "too_large", "line.size")]


def event_of_size(size: int) -> bytes:
    properties = {f"p{number}": "€" * 1_000 for number in range(20)} | {f"q{number}": "" for number in range(6)}
    line = encode(event(event_id="e", properties=properties)).rstrip()
    for number in range(6):
        more = min(1_000, size - len(line))
        line = line.replace(b'"q%d":""' % number, b'"q%d":"%b"' % (number, b"x" * more))
    assert len(line) == size
    return line


def test_what_the_request_says_of_the_visitor_is_added_where_it_is_absent() -> None:
    enrichment = Enrichment(truncated_ip=True, user_agents=lambda _: Device("mobile", "ios"))
    enrich = enrichment.of_request("203.0.113.77", b"an agent")
    context = Context(device="watch", ip="2001:db8:1:2::3")

    found = sort(event(), event(context=context), enrich=enrich)

    assert [v["context"] for v in values_of(found)] == [
        {"device": "mobile", "platform": "ios", "ip": "203.0.113.0"},
        {"device": "watch", "platform": "ios", "ip": "2001:db8:1::"},
    ]


def test_the_verdict_on_every_line_is_the_codec_s() -> None:
    lines = [line for line in generated_lines(seed=3, n=3_000) if is_one_value(line)]
    facts = Facts.of(PLAUSIBLE.latest - timedelta(hours=24), earliest=PLAUSIBLE.earliest)

    differ = [line for line in lines if verdict(line, facts) != codec_verdict(line, facts)]

    assert differ == []
    assert len(lines) > 2_000


def test_a_body_that_is_refused_whole_held_no_event() -> None:
    lines = [line for line in generated_lines(seed=4, n=3_000) if b"\n" not in line and not is_one_value(line)]
    facts = Facts.of(PLAUSIBLE.latest - timedelta(hours=24), earliest=PLAUSIBLE.earliest)

    assert [line for line in lines if codec_verdict(line, facts) is None] == []
    assert len(lines) > 100


def verdict(line: bytes, facts: Facts) -> str | None:
    """The rule that the collector names. Only its correction of times may save an event that the codec refuses."""
    found = sort_events([line], facts)
    assert len(found.stamped) + len(found.foreign) == 1
    for _, stamped in found.stamped:
        assert encode(decode(stamped, facts.plausible)).count(b'"received_at"') == 1
    if not found.rejected and b'"sent_at"' in line and codec_verdict(line, facts) in TIMES:
        return codec_verdict(line, facts)
    return found.rejected[0].rule if found.rejected else None


TIMES = {"occurred_at.latest", "occurred_at.earliest"}


def codec_verdict(line: bytes, facts: Facts) -> str | None:
    try:
        decode(line, facts.plausible)
    except InvalidEvent as error:
        return error.rule
    return None


def is_one_value(line: bytes) -> bool:
    """Whether a body could hold the line among others."""
    try:
        return b"\n" not in line and len(events_in(b"[%b]" % line)) == 1
    except Problem:
        return False


def test_facts_format_the_time_once() -> None:
    assert Facts.of(datetime(2026, 1, 1, tzinfo=UTC)).stamp == b',"received_at":"2026-01-01T00:00:00.000Z"'
