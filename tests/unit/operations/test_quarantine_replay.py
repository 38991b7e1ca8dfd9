"""Which refused lines go in again: those that the contract takes by now, each once however often it is asked."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator
from rich.console import Console

from consumers.catalog.changes import Unusable, read_message
from contract.errors import TransientError
from glue_jobs.store import StoredObject
from operations.quarantine import count_by_rule, read_quarantine
from operations.quarantine_replay.command import show_outcome
from operations.quarantine_replay.core import Outcome, Wanted
from operations.quarantine_replay.replayed import StoreReplayed
from producers.sdk.memory import Answer, MemoryStream
from tests.support.catalog_world import body_of, item, message
from tests.support.mortal import Fuse, MortalStore
from tests.support.quarantine_world import ARRIVED, NOW, SHARD, Quarantine, line

pytestmark = pytest.mark.unit


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path)


def test_lines_that_the_contract_takes_now_go_on_the_stream_as_they_were_and_the_others_stay(
    quarantine: Quarantine,
) -> None:
    old = (
        b' {"event_type":"view", "event_id":"e-9","user_id":"u-9","item_id":"i-9","occurred_at":"2001-01-01T00:00:00Z"}'
    )
    quarantine.of_job((old, "implausible_time", "occurred_at.earliest"), (b'{"no', "not_json", "line.json"))

    outcome = quarantine.replay()

    assert quarantine.sent() == [("u-9", old + b"\n")]
    assert (outcome.wanted, outcome.to_stream, outcome.left) == (2, 1, {"not_json (line.json)": 1})


def test_each_line_goes_in_once_however_often_it_is_asked_for(quarantine: Quarantine) -> None:
    quarantine.of_job((line(1), "bad_format", "item_id.format"), (line(2, user_id=None, anonymous_id="a-2"), "x", "y"))

    outcomes = [quarantine.replay() for _ in range(3)]
    quarantine.of_job((line(3), "x", "y"), key="events/dt=2026-11-24/p.parquet")
    outcomes.append(quarantine.replay())

    assert [key for key, _ in quarantine.sent()] == ["u-1", "a-2", "u-3"]
    assert [(done.to_stream, done.before) for done in outcomes] == [(2, 0), (0, 2), (0, 2), (1, 2)]
    assert [found.key for found in quarantine.store.list("_replayed/")] == [
        "_replayed/0000000001.json.gz",
        "_replayed/0000000002.json.gz",
    ]


def test_a_line_that_the_job_and_the_streams_consumer_refused_is_one(quarantine: Quarantine) -> None:
    twice = (b'{"no', "not_json", "line.json")
    quarantine.of_job(twice, twice, (line(1), "x", "y"))
    quarantine.of_stream(twice, twice, twice, (line(1), "x", "y"), (line(2), "refused_by_personalize", "odd"))

    listed = count_by_rule(read_quarantine(quarantine.store))
    outcome = quarantine.replay()

    assert [(reason, count) for reason, _, count, _ in listed] == [
        ("not_json", 3),
        ("x", 1),
        ("refused_by_personalize", 1),
    ]
    assert quarantine.sent() == [("u-1", line(1) + b"\n"), ("u-2", line(2) + b"\n")]
    assert (outcome.wanted, outcome.to_stream) == (5, 2)


def test_a_batch_of_the_stream_that_was_cut_differently_later_is_read_once(quarantine: Quarantine) -> None:
    lines = [(b'{"%d' % n, "not_json", "line.json") for n in range(4)]
    quarantine.of_stream(*lines)
    quarantine.of_stream(*lines[2:], first=3)

    found = list(read_quarantine(quarantine.store))

    assert [bad.payload for bad in found] == [b'{"0', b'{"1', b'{"2', b'{"3']
    assert {(bad.kind, bad.arrived_at) for bad in found} == {("stream", ARRIVED)}
    assert found[0].id == f"{quarantine.store.list('stream/')[0].key}:1"


def test_of_a_batch_that_lambda_gave_up_the_good_lines_go_in_again_each_as_its_own_record(
    quarantine: Quarantine,
) -> None:
    aggregator = RecordAggregator()
    for data in (line(1) + b"\n", b'{"no\n'):
        aggregator.add_user_record("key", data)
    checkpoint = (
        b'{"checkpoint":{"producer_id":"w","number":1,"accepted":9,"at":"2026-11-23T09:00:00.000Z","final":true}}\n'
    )
    packed = bytes(aggregator.clear_and_get().get_contents()[2])
    damaged = packed[:-1] + bytes([packed[-1] ^ 1])
    quarantine.given_up(packed, line(2) + b"\n" + line(3) + b"\n\n", checkpoint, damaged)
    quarantine.store.put("aws/lambda/async/catalog/2026/11/23/x", b'{"requestContext": {}}')

    outcome = quarantine.replay()

    assert quarantine.sent() == [(f"u-{n}", line(n) + b"\n") for n in (1, 2, 3)]
    assert (outcome.wanted, outcome.left) == (5, {"not_json (line.json)": 1, "not_utf8 (line.text)": 1})
    assert count_by_rule(read_quarantine(quarantine.store)) == [
        ("given_up", "RetryAttemptsExhausted", 5, f"aws/lambda/m-1/{SHARD}/2026/11/23/x:1")
    ]


def test_a_clock_that_ran_ahead_is_not_right_because_time_has_passed(quarantine: Quarantine) -> None:
    ahead = line(1, occurred_at="2026-11-24T10:30:00.000Z")  # a day and more after it arrived, before it is replayed
    just = line(2, occurred_at="2026-11-24T10:00:00.000Z")
    quarantine.of_job((ahead, "implausible_time", "occurred_at.latest"), (just, "x", "y"))
    quarantine.of_stream((line(3, occurred_at="2026-11-24T10:30:00.000Z"), "implausible_time", "occurred_at.latest"))

    outcome = quarantine.replay()

    assert [key for key, _ in quarantine.sent()] == ["u-2"]
    assert outcome.left == {"implausible_time (occurred_at.latest)": 2}


def test_events_before_the_earliest_that_is_plausible_and_ids_of_others_stay(quarantine: Quarantine) -> None:
    quarantine.of_job((line(1), "x", "y"), (line(2), "id_conflict", "event_id.conflict"))

    outcome = quarantine.replay(earliest=2027)

    assert quarantine.sent() == []
    assert outcome.left == {"implausible_time (occurred_at.earliest)": 1, "another event has its id": 1}


def test_changes_of_the_catalog_go_on_their_queue_and_lines_of_snapshots_are_their_jobs(quarantine: Quarantine) -> None:
    good = message("good", item("i-1", price=1))
    refused = Unusable(
        message="m-1", reason="refused_by_personalize", rule="odd", arrived_at=ARRIVED, body=good["body"].encode()
    )
    bad = read_message(body_of("m-2", "no json"))
    assert isinstance(bad, Unusable)
    quarantine.of_changes(refused, bad)
    quarantine.of_changes(refused)
    quarantine.of_job(
        (b'{"item_id":"i-1"}', "x", "y"), raw="catalog/items/dt=2026-11-23/x.json.gz", key="catalog/items/p.parquet"
    )

    outcomes = [quarantine.replay(), quarantine.replay()]

    assert quarantine.queue.bodies == [good["body"]]
    assert (outcomes[0].to_queue, outcomes[1].to_queue, outcomes[1].before) == (1, 0, 1)
    assert outcomes[0].left == {"of a snapshot, which its job reads anew at every run": 1, "not_json (message.body)": 1}
    assert quarantine.sent() == []


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        (Wanted(reason="bad_format"), ["u-1", "u-3"]),
        (Wanted(rule="item_id.format"), ["u-1", "u-2"]),
        (Wanted(reason="bad_format", rule="item_id.format"), ["u-1"]),
        (Wanted(since=datetime(2026, 11, 23, 9, tzinfo=UTC)), ["u-1", "u-2", "u-4"]),
        (Wanted(since=datetime(2026, 11, 23, 9, 30, tzinfo=UTC)), []),
        (Wanted(reason="none such"), []),
    ],
)
def test_a_person_says_which_lines_are_wanted(quarantine: Quarantine, wanted: Wanted, keys: list[str]) -> None:
    quarantine.of_job((line(1), "bad_format", "item_id.format"), (line(2), "x", "item_id.format"))
    quarantine.of_job(
        (line(3), "bad_format", "y"), raw="dt=2026-11-23/hour=08/a.gz", key="events/dt=2026-11-23/q.parquet"
    )
    quarantine.of_stream((line(4), "x", "y"))

    outcome = quarantine.replay(wanted)

    assert [key for key, _ in quarantine.sent()] == keys
    assert outcome.wanted == len(keys)


def test_a_dry_run_says_what_would_be_and_does_nothing(quarantine: Quarantine) -> None:
    quarantine.of_job((line(1), "x", "y"), (line(1), "x", "y"), (b'{"no', "not_json", "line.json"))

    dry, real = quarantine.replay(dry=True), quarantine.replay()

    assert dry == real == Outcome(wanted=3, to_stream=1, repeated=1, left=real.left)
    assert len(quarantine.sent()) == 1


def test_what_the_stream_did_not_take_is_not_noted_and_goes_in_the_next_time(quarantine: Quarantine) -> None:
    quarantine.of_job((line(1), "x", "y"), (line(2), "x", "y"))
    quarantine.stream = MemoryStream([Answer(refuses=frozenset({1}))])

    with pytest.raises(TransientError):
        quarantine.replay()
    assert quarantine.store.list("_replayed/") == []
    quarantine.replay()

    assert {key for key, _ in quarantine.sent()} == {"u-1", "u-2"}


class Behind(MortalStore):
    """A store that another run writes to after it was listed."""

    def list(self, prefix: str) -> list[StoredObject]:
        found = super().list(prefix)
        if not found:
            StoreReplayed(self.inner).note([b"1" * 16], at=NOW)
        return found


def test_two_runs_at_once_note_each_its_own(quarantine: Quarantine) -> None:
    late = StoreReplayed(Behind(quarantine.store, Fuse(1_000)))

    assert late.note([b"2" * 16], at=NOW) == "_replayed/0000000002.json.gz"
    assert late.known() == {b"1" * 16, b"2" * 16}


def test_what_became_of_the_lines_is_shown_with_reasons() -> None:
    outcome = Outcome(wanted=5, to_stream=2, before=1, repeated=1)
    outcome.left["not_json (line.json)"] = 1
    console = Console(width=100, record=True, file=io.StringIO())

    show_outcome(console, outcome, dry=True)

    text = console.export_text()
    for words in ("would go on the stream", "was replayed before", "stays: not_json (line.json)", "lies here more"):
        assert words in text
    assert "queue" not in text
