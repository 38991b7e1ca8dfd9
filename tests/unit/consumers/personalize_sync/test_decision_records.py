"""A decision is made once, shown to people once, and its news goes out though a crash comes between."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from consumers.personalize_sync.plan import Decision, News
from consumers.personalize_sync.records import StateRecords
from consumers.state_table import MemoryState

pytestmark = pytest.mark.unit

AT = 1_800_000_000.123
TRAIN = Decision(
    key="train#a#1",
    kind="train",
    decision="train",
    why="There is news.",
    subject="arn:a",
    numbers={"rows": 5},
    facts={"data": {"rows": 5}},
    news=News(detail_type="Personalize Training Decided", detail={"Why": "There is news."}),
)
OTHER = Decision(key="train#b#1", kind="train", decision="not now", why="There is none.", subject="arn:b")


@dataclass(frozen=True, slots=True)
class Racing(MemoryState):
    """Another writes right before the first thing that is created."""

    meanwhile: Callable[[MemoryState], object] = lambda _: None

    def create(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        inner = MemoryState(self.items)
        if not self.items:
            self.meanwhile(inner)
        inner.create(pk, sk, item)


def shown(state: MemoryState) -> list[tuple[str, dict[str, Any]]]:
    return [(sk, json.loads(item["value"])) for sk, item in state.query("decision")]


def test_an_entry_for_people_has_the_numbers() -> None:
    state = MemoryState()

    noted = StateRecords(state).note(TRAIN, at=AT)

    assert (noted.decision, noted.told) == (TRAIN, False)
    entry = {"key": "train#a#1", "kind": "train", "decision": "train", "why": "There is news.", "numbers": {"rows": 5}}
    assert shown(state) == [("2027-01-15T08:00:00.123Z#train", entry | {"subject": "arn:a"})]


def test_what_was_decided_stands_whoever_decides_again() -> None:
    state = MemoryState()
    first = StateRecords(state).note(TRAIN, at=AT)

    again = StateRecords(state).note(Decision(key=TRAIN.key, kind="train", decision="x", why="", subject=""), at=AT + 9)

    assert (again, len(shown(state))) == (first, 1)


def test_of_two_who_decide_at_once_the_first_to_write_has_decided() -> None:
    state = Racing(meanwhile=lambda inner: StateRecords(inner).note(TRAIN, at=AT))

    noted = StateRecords(state).note(Decision(key=TRAIN.key, kind="train", decision="x", why="", subject=""), at=AT + 9)

    assert (noted.decision, noted.at) == (TRAIN, AT)
    assert [entry["decision"] for _, entry in shown(state)] == ["train"]


def test_two_of_a_kind_in_one_millisecond_have_two_places() -> None:
    state = MemoryState()
    records = StateRecords(state)

    records.note(TRAIN, at=AT)
    records.note(OTHER, at=AT)

    assert [(sk, entry["subject"]) for sk, entry in shown(state)] == [
        ("2027-01-15T08:00:00.123Z#train", "arn:a"),
        ("2027-01-15T08:00:00.124Z#train", "arn:b"),
    ]


def test_one_that_a_crash_kept_from_being_shown_is_shown_when_it_is_told() -> None:
    state = MemoryState()
    StateRecords(state).note(TRAIN, at=AT)
    for sk, _ in list(state.query("decision")):
        state.delete("decision", sk)

    records = StateRecords(state)
    records.told(records.note(TRAIN, at=AT + 60))

    assert [sk for sk, _ in shown(state)] == ["2027-01-15T08:00:00.123Z#train"]
    found = StateRecords(state).noted(TRAIN.key)
    assert found is not None
    assert found.told
