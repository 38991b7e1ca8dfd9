"""A batch is settled line by line: what can be used is used, the rest is kept, and each is counted once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from consumers.realtime.clickthrough import Clicks
from consumers.realtime.settlement import Watermark
from contract.codec import Consent, encode
from contract.ranges import Ranges
from contract.stream_account import Place, StreamAccount
from contract.times import format_instant
from tests.factories import NOW, event
from tests.support.realtime_world import SHARD, Faults, World, aggregated, record, records

pytestmark = pytest.mark.unit


def test_an_event_is_put_with_its_own_id_for_its_visitor() -> None:
    world = World()
    clicked = event(event_id="e-1", anonymous_id="a-1", event_type="purchase", value=19.9, recommendation_id="RID-1")

    assert world.deliver(records(clicked)) is None

    [call] = world.personalize.calls
    assert (call.user_id, call.session_id) == ("u-1", "a-1")
    assert call.entries == (
        {
            "eventId": "e-1",
            "eventType": "purchase",
            "itemId": "i-1",
            "sentAt": 1_795_424_400,
            "eventValue": 19.9,
            "recommendationId": "RID-1",
        },
    )


def test_a_batch_is_one_account_and_one_watermark() -> None:
    world = World()
    batch = [
        *records(
            event(producer_id="p-1", producer_seq=1), event(event_type="search", item_id=None), b"junk\n", first=7
        ),
        record(11, aggregated(*(encode(event(producer_id="p-1", producer_seq=seq)) for seq in (2, 3, 5)))),
    ]

    assert world.deliver(batch) is None

    [account] = world.store.accounts
    assert account == StreamAccount(
        consumer="realtime",
        shard=SHARD,
        first=Place(sequence=7),
        last=Place(sequence=11, sub=2),
        at=format_instant(NOW),
        outcomes={"delivered": 4, "excluded:type_not_exported": 1, "quarantined": 1},
        producers={"p-1": Ranges.of([1, 2, 3, 5])},
    )
    assert world.store.watermarks == {SHARD: Watermark(place=Place(sequence=11, sub=2), version=1)}


def test_what_is_settled_is_skipped_when_it_comes_again() -> None:
    world = World()
    batch = records(event(event_id="e-1"), event(event_id="e-2"), b"junk")
    world.deliver(batch)
    world.new_process()

    assert world.deliver([*batch, *records(event(event_id="e-3"), first=4)]) is None

    assert world.outcomes() == {"delivered": 3, "quarantined": 1}
    assert [entry["eventId"] for call in world.personalize.calls for entry in call.entries] == ["e-1", "e-2", "e-3"]
    assert world.metrics.reports[-1].skipped == 3


def test_a_batch_of_nothing_new_writes_nothing() -> None:
    world = World()
    world.deliver(records(event()))
    effects = Faults()
    world.fault = effects

    assert world.deliver(records(event())) is None
    assert effects.seen == ["read_watermark"]


def test_a_watermark_within_a_record_skips_the_lines_before_it_alone() -> None:
    world = World()
    packed = record(5, aggregated(*(encode(event(event_id=f"e-{number}")) for number in range(4))))
    world.store.watermarks[SHARD] = Watermark(place=Place(sequence=5, sub=1), version=3)

    world.deliver([packed])

    assert list(world.personalize.events) == ["e-2", "e-3"]
    assert world.store.watermarks[SHARD] == Watermark(place=Place(sequence=5, sub=3), version=4)


def test_checkpoints_and_records_without_a_line_move_the_watermark_and_are_no_lines() -> None:
    world = World()
    checkpoint = (
        b'{"checkpoint":{"producer_id":"p","number":1,"accepted":3,"at":"2026-11-23T09:00:00Z","final":false}}\n'
    )

    assert world.deliver(records(checkpoint, b"", b" \r\n\n")) is None

    assert world.outcomes() == {}
    assert world.store.watermarks[SHARD].place == Place(sequence=3)


def test_poison_is_kept_with_its_bytes_and_does_not_block_its_neighbours() -> None:
    world = World()

    assert world.deliver(records(event(event_id="e-1"), b"\xff\x00junk\n", event(event_id="e-2"))) is None

    assert world.poison() == [("not_utf8", b"\xff\x00junk")]
    assert list(world.personalize.events) == ["e-1", "e-2"]
    [line] = world.quarantine.lines()
    assert (line["rule"], line["shard"], line["sequence"], line["sub"]) == ("line.text", SHARD, "2", 0)
    assert line["arrived_at"] == format_instant(NOW)


def test_a_damaged_aggregate_is_one_line_and_kept_whole() -> None:
    world = World()
    damaged = aggregated(*(encode(event()) for _ in range(3)))[:-1] + b"\x00"

    assert world.deliver([record(1, damaged), *records(event(), first=2)]) is None

    assert world.poison() == [("damaged_aggregate", damaged)]
    assert world.outcomes() == {"quarantined": 1, "delivered": 1}


def test_each_cause_of_not_being_put_has_its_count() -> None:
    world = World()
    no = Consent(personalization=False)

    world.deliver(
        records(
            event(),
            event(event_type="search", item_id=None),
            event(event_type="newsletter opened"),
            event(consent=no),
            event(event_type="search", consent=no),
            event(value=1e39),
            event(consent=Consent(analytics=False)),
        )
    )

    assert world.outcomes() == {
        "delivered": 2,
        "excluded:type_not_exported": 2,
        "excluded:consent_refused": 2,
        "excluded:value_too_large": 1,
    }


def test_where_files_alone_carry_interactions_nothing_is_put_and_the_rest_is_as_ever() -> None:
    world = World(interactions_source="bulk")

    assert world.deliver(records(event(user_id="u-1"), event(event_type="search"), b"junk")) is None

    assert world.personalize.calls == []
    assert world.outcomes() == {
        "excluded:interactions_source": 1,
        "excluded:type_not_exported": 1,
        "quarantined": 1,
    }
    assert [row["item_id"] for row in json.loads(world.users.items["u-1"]["recent"])] == ["i-1"]


def test_shown_and_clicked_recommendations_are_counted_by_five_minutes() -> None:
    world = World()
    late = format_instant(NOW - timedelta(days=31))
    world.deliver(
        records(
            event(event_type="impression", recommendation_id="RID-1", occurred_at="2026-11-23T09:04:59.999Z"),
            event(event_type="click", recommendation_id="RID-1", occurred_at="2026-11-23T10:04:00+01:00"),
            event(event_type="view", recommendation_id="RID-1", occurred_at="2026-11-23T09:05:00Z"),
            event(event_type="search", recommendation_id="RID-1"),
            event(event_type="view"),
            event(event_type="click", recommendation_id="RID-1", occurred_at=late),
            event(event_type="click", recommendation_id="RID-1", consent=Consent(analytics=False)),
        )
    )

    assert world.store.clicks == {
        "2026-11-23T09:00:00.000Z": Clicks(shown=1, clicked=1),
        "2026-11-23T09:05:00.000Z": Clicks(shown=0, clicked=1),
    }


def test_an_event_that_came_twice_in_a_batch_is_two_lines_and_counts_once_for_serving() -> None:
    world = World()
    twice = event(event_id="e-1", recommendation_id="RID-1")

    world.deliver(records(twice, twice))

    assert world.outcomes() == {"delivered": 2}
    assert list(world.personalize.events) == ["e-1"]
    assert world.store.clicks == {"2026-11-23T09:00:00.000Z": Clicks(shown=0, clicked=1)}
    assert world.users.items["u-1"]["session_events"] == 1


def test_a_large_batch_is_settled_in_parts_that_follow_one_another() -> None:
    world = World(interactions_source="bulk")
    lines = [encode(event(user_id=f"u-{number % 7}")) for number in range(4_100)]

    assert world.deliver([record(1, b"".join(lines))]) is None

    assert [account.lines for account in world.store.accounts] == [2_000, 2_000, 100]
    assert [account.first.sub for account in world.store.accounts] == [0, 2_000, 4_000]
    assert world.store.watermarks[SHARD] == Watermark(place=Place(sequence=1, sub=4_099), version=3)
    assert world.store.popularities[SHARD].windows["week"] == pytest.approx({"i-1": 4_100.0}, rel=1e-3)


def test_recommendations_of_many_times_are_settled_in_parts_that_fit_into_a_transaction() -> None:
    world = World()
    shown = [
        event(
            event_type="impression",
            recommendation_id="RID-1",
            occurred_at=format_instant(NOW - timedelta(minutes=5 * n)),
        )
        for n in range(200)
    ]

    assert world.deliver(records(*shown)) is None

    assert [account.lines for account in world.store.accounts] == [80, 80, 40]
    assert len(world.store.clicks) == 200


def test_visitors_who_refuse_personalization_make_nothing_popular() -> None:
    world = World()

    world.deliver(records(event(item_id="i-1"), event(item_id="i-2", consent=Consent(personalization=False))))

    assert list(world.store.popularities[SHARD].windows["day"]) == ["i-1"]


def test_a_batch_of_another_shard_has_a_watermark_of_its_own() -> None:
    world = World()
    world.deliver([record(5, encode(event(event_id="e-1")), shard="shardId-1")])

    world.deliver([record(3, encode(event(event_id="e-2")), shard="shardId-2")])

    assert world.outcomes() == {"delivered": 2}


def test_records_of_two_shards_are_no_batch() -> None:
    with pytest.raises(ValueError, match="several shards"):
        World().deliver([record(1, b"", shard="a"), record(2, b"", shard="b")])
