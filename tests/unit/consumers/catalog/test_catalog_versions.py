"""The newest version of an item stays in Personalize and in the snapshots, whoever dies or is late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.catalog_world import CatalogWorld, Fate, Killed, item, message

pytestmark = pytest.mark.unit


def test_an_old_change_that_comes_late_changes_nothing() -> None:
    world = CatalogWorld()
    world.consume([message(1, item("i-1", 9, price=9))])
    kept = dict(world.raw.objects)

    given_back = world.consume([message(2, item("i-1", 3, price=3))])

    assert (given_back, world.personalize.has("items"), world.raw.objects) == ([], {"i-1": {"price": 9}}, kept)
    assert world.outcomes() == {"changes_excluded": 1}


def test_redelivery_changes_nothing() -> None:
    world = CatalogWorld()
    batch = [message(n, item(f"i-{n}", n, price=n)) for n in range(5)]
    world.consume(batch)
    objects, calls = dict(world.raw.objects), list(world.personalize.calls)

    for _ in range(3):
        assert world.consume(batch) == []

    assert (world.raw.objects, world.personalize.calls) == (objects, calls)
    assert world.outcomes() == {"changes_deduplicated": 5}


def test_a_refused_change_that_is_replayed_is_put_though_its_version_is_known() -> None:
    world = CatalogWorld()
    world.personalize.refuses = {"i-1": "The price is not a float."}
    world.consume([message(1, item("i-1", 1, price=1))])
    world.personalize.refuses = {}

    world.consume([message("again", item("i-1", 1, price=1))])
    world.consume([message("and-again", item("i-1", 1, price=1))])

    assert world.personalize.has("items") == {"i-1": {"price": 1}}
    assert world.outcomes() == {"changes_deduplicated": 1}


def test_a_newer_change_put_by_another_invocation_meanwhile_stays() -> None:
    world = CatalogWorld()
    world.personalize.meanwhile = lambda: world.consume([message(2, item("i-1", 2, price=2))])

    given_back = world.consume([message(1, item("i-1", 1, price=1))])

    assert (given_back, world.personalize.has("items")) == ([], {"i-1": {"price": 2}})
    assert world.state.get("catalog#items", "i-1") == {
        "updated_at": "2026-11-23T08:02:00.000Z",
        "digest": world.state.state.items["catalog#items", "i-1"]["digest"],
        "open": [],
        "version": 4,
    }


@dataclass(slots=True)
class Overtaken(Fate):
    """After the next effect somebody else acts."""

    other: Callable[[], object] | None = None

    def meet(self, effect: Callable[[], Any]) -> Any:
        other, self.other = self.other, None
        done = effect()
        if other:
            other()
        return done


@pytest.mark.parametrize(
    ("minute", "outcomes"),
    [(2, {"changes_excluded": 1}), (1, {"changes_deduplicated": 1})],
    ids=["newer", "same"],
)
def test_a_change_settled_by_another_invocation_before_this_one_began_is_not_put(
    minute: int, outcomes: dict[str, int]
) -> None:
    world = CatalogWorld()
    world.raw.fate = Overtaken(other=lambda: world.consume([message(2, item("i-1", minute, price=2))]))

    given_back = world.consume([message(1, item("i-1", 1, price=2)), message(3, item("i-2", 1))])

    assert (given_back, world.personalize.has("items")) == ([], {"i-1": {"price": 2}, "i-2": {}})
    assert world.personalize.calls == [("items", "arn:items", ["i-1"]), ("items", "arn:items", ["i-2"])]
    assert world.outcomes() == {"changes_delivered": 1, "put_calls": 1, **outcomes}


def test_an_old_change_whose_function_died_after_it_took_a_newer_ones_place_is_put_right() -> None:
    world = CatalogWorld()
    world.personalize.meanwhile = lambda: world.consume([message(2, item("i-1", 2, price=2))])
    world.fate.at, world.fate.after = 7, True  # snapshot, begin; snapshot, begin, put, finish; the old put
    with pytest.raises(Killed):
        world.consume([message(1, item("i-1", 1, price=1))])
    assert world.personalize.has("items") == {"i-1": {"price": 1}}

    world.consume([message(1, item("i-1", 1, price=1))])

    assert world.personalize.has("items") == {"i-1": {"price": 2}}
    assert world.state.get("catalog#items", "i-1")["open"] == []  # type: ignore[index]  # it is there


changes = st.lists(
    st.tuples(st.sampled_from(["i-1", "i-2", "i-3"]), st.integers(0, 59), st.integers(0, 5)), min_size=1, max_size=12
)


@settings(max_examples=150, deadline=None)
@given(rows=changes, cut=st.integers(1, 12), kills=st.lists(st.tuples(st.integers(1, 25), st.booleans()), max_size=3))
def test_killed_at_any_effect_and_redelivered_the_newest_of_each_is_put_and_in_the_snapshots(
    rows: list[tuple[str, int, int]], cut: int, kills: list[tuple[int, bool]]
) -> None:
    world = CatalogWorld()
    messages = [message(n, item(name, minute, price=price)) for n, (name, minute, price) in enumerate(rows)]
    batches = [messages[at : at + cut] for at in range(0, len(messages), cut)]
    left = list(batches)
    for at, after in kills:
        world.fate = Fate(at, after=after)
        world.raw.fate = world.quarantine.fate = world.personalize.fate = world.fate
        world.state = type(world.state)(world.fate, world.state.state)
        try:
            while left:
                world.consume(left[0])
                left = left[1:]
        except Killed:
            left = [*left[1:], left[0]]  # the queue keeps no order
    world.fate.at = None
    for batch in left:
        assert world.consume(batch) == []

    wanted = {name: max(minute for other, minute, _ in rows if other == name) for name, _, _ in rows}
    allowed = {name: {p for other, m, p in rows if (other, m) == (name, minute)} for name, minute in wanted.items()}
    put = world.personalize.has("items")
    assert {name: record["price"] in allowed[name] for name, record in put.items()} == dict.fromkeys(wanted, True)
    newest: dict[str, int] = {}
    for line in world.raw.lines():
        at_minute = datetime.fromisoformat(line["updated_at"]).minute
        newest[line["item_id"]] = max(newest.get(line["item_id"], 0), at_minute)
    assert newest == wanted
    assert [world.state.get("catalog#items", name)["open"] for name in wanted] == [[]] * len(wanted)  # type: ignore[index]  # they are there
