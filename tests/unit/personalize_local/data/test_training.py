"""Which interactions a training sees, by whom, and with what weight."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_local.data.segments import EVENT_ID, SESSION
from personalize_local.data.training import training_data
from personalize_local.data.training_model import (
    EventParameters,
    Sources,
    TrainingSettings,
    settings_of,
)
from personalize_local.limits import TRAINING_EVENTS
from tests.support.personalize_data import INTERACTIONS, interaction
from tests.support.personalize_training import dataset, named, trained

pytestmark = pytest.mark.unit


def test_interactions_stand_by_user_and_time_and_are_numbered() -> None:
    rows = [interaction("b", "y", 3), interaction("a", "z", 2), interaction("b", "x", 1), interaction("a", "x", 2)]

    data = trained(rows, items=[{"ITEM_ID": "w"}, {"ITEM_ID": "z"}])

    assert named(data) == [("a", "z", 2), ("a", "x", 2), ("b", "x", 1), ("b", "y", 3)]
    assert (list(data.users), list(data.items)) == (["a", "b"], ["w", "x", "y", "z"])
    found = data.interactions
    assert (found.user_count, found.item_count, found.weight.tolist()) == (2, 4, [1.0] * 4)
    types = [array.dtype.name for array in (found.user, found.item, found.at, found.weight)]
    assert types == ["int32", "int32", "int64", "float32"]


def test_a_users_latest_interactions_are_kept() -> None:
    many = [interaction("a", f"i-{at % 7}", -at) for at in range(TRAINING_EVENTS + 50)]

    data = trained([*many, interaction("b", "i-0")])

    assert named(data) == [*(("a", f"i-{-at % 7}", at) for at in range(1 - TRAINING_EVENTS, 1)), ("b", "i-0", 0)]


def test_an_anonymous_event_and_its_row_of_a_file_are_one_interaction() -> None:
    event = {**interaction("", "i", 1), "USER_ID": None, SESSION: "s", EVENT_ID: "e-1"}
    other = {**interaction("", "i", 2), "USER_ID": None, SESSION: "s", EVENT_ID: "e-2"}

    data = trained([interaction("s", "i", 1), event, other])

    assert named(data) == [("s", "i", 1), ("s", "i", 2)]


def test_a_sessions_events_belong_to_the_user_it_came_to_have() -> None:
    def event(user: str | None, item: str, at: int, session: str) -> dict[str, Any]:
        return {**interaction("", item, at), "USER_ID": user, SESSION: session}

    rows = [
        event(None, "i", 1, "s"),
        event(None, "i", 2, "t"),
        event("ann", "j", 3, "s"),
        event(None, "k", 4, "s"),
        event("old", "i", 5, "w"),
        event(None, "i", 6, "w"),
        event("new", "i", 7, "w"),
    ]

    merged = named(trained(rows))
    apart = named(trained(rows, TrainingSettings(needs_interactions=False, merges_sessions=False)))

    assert merged == [
        ("ann", "i", 1),
        ("ann", "j", 3),
        ("ann", "k", 4),
        ("new", "i", 6),
        ("new", "i", 7),
        ("old", "i", 5),
        ("t", "i", 2),
    ]
    assert apart == [
        ("ann", "j", 3),
        ("new", "i", 7),
        ("old", "i", 5),
        ("s", "i", 1),
        ("s", "k", 4),
        ("t", "i", 2),
        ("w", "i", 6),
    ]


def test_of_events_with_one_id_the_first_counts() -> None:
    rows = [
        {**interaction("a", "i", 1), EVENT_ID: "e"},
        {**interaction("a", "j", 2), EVENT_ID: "e"},
        {**interaction("a", "k", 3), EVENT_ID: "f"},
        interaction("a", "l", 4),
        interaction("a", "m", 5),
    ]

    assert [item for _, item, _ in named(trained(rows))] == ["i", "k", "l", "m"]


def test_events_without_an_item_say_nothing() -> None:
    rows = [interaction("a", "i", 1), {**interaction("a", "", 2), "ITEM_ID": None}]

    assert named(trained(rows)) == [("a", "i", 1)]


@pytest.mark.parametrize(
    ("config", "weights"),
    [
        ({}, {"i": 1.0, "j": 1.0, "k": 1.0, "l": 1.0}),
        ({"eventType": "BUY"}, {"j": 1.0, "k": 1.0}),
        ({"eventType": "buy", "eventValueThreshold": "2.5"}, {"k": 1.0}),
        ({"eventValueThreshold": "1"}, {"j": 1.0, "k": 1.0, "l": 1.0}),
        (
            {
                "eventsConfig": {
                    "eventParametersList": [
                        {"eventType": "view", "weight": 0.25},
                        {"eventType": "buy", "eventValueThreshold": 2.5},
                    ]
                }
            },
            {"i": 0.25, "k": 1.0, "l": 0.25},
        ),
        ({"eventType": "never"}, {}),
    ],
)
def test_a_solution_chooses_and_weighs_events(config: dict[str, Any], weights: dict[str, float]) -> None:
    rows = [
        interaction("a", "i", 1),
        interaction("a", "j", 2, EVENT_TYPE="Buy", EVENT_VALUE=1.0),
        interaction("a", "k", 3, EVENT_TYPE="buy", EVENT_VALUE=2.5),
        interaction("a", "l", 4, EVENT_VALUE=9.0),
    ]
    how = settings_of(config.get("eventType"), config, needs_interactions=False)

    data = trained(rows, how)

    items = [item for _, item, _ in named(data)]
    assert dict(zip(items, data.interactions.weight.tolist(), strict=True)) == weights
    assert data.event_types == ("buy", "view")


def test_settings_come_from_a_solutions_config() -> None:
    config = {
        "eventValueThreshold": "0.5",
        "eventsConfig": {"eventParametersList": [{"eventType": "buy", "eventValueThreshold": 2.0, "weight": 0.1}]},
        "trainingDataConfig": {
            "includedDatasetColumns": {"ITEMS": ["GENRES"]},
            "excludedDatasetColumns": {"Users": ["GENDER"]},
        },
    }

    how = settings_of("buy", config, needs_texts=True, merges_sessions=False)

    assert how == TrainingSettings(
        event_type="buy",
        threshold=0.5,
        events=(EventParameters(event_type="buy", threshold=2.0, weight=0.1),),
        included={"items": frozenset({"GENRES"})},
        excluded={"users": frozenset({"GENDER"})},
        needs_texts=True,
        merges_sessions=False,
    )
    uses = [
        how.uses("Items", "GENRES"),
        how.uses("Items", "YEAR"),
        how.uses("Users", "GENDER"),
        how.uses("Users", "AGE"),
    ]
    assert uses == [True, False, False, True]


def test_rows_with_reserved_words_or_no_event_type_are_left_out() -> None:
    kinds = ["view", None, "EVENT_TYPE", "timestamp", "buy"]

    rows = trained([interaction("a", f"i-{at}", at, EVENT_TYPE=kind) for at, kind in enumerate(kinds)])

    assert [item for _, item, _ in named(rows)] == ["i-0", "i-4"]
    assert [rows.event_types[kind] for kind in rows.event_type.tolist()] == ["view", "buy"]


VISITS = st.lists(
    st.tuples(st.sampled_from("uvw"), st.sampled_from("ijkl"), st.integers(0, 9), st.sampled_from(["view", "buy"])),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(visits=VISITS, split=st.integers(0, 30), kind=st.sampled_from([None, "buy"]))
def test_training_sees_what_a_plain_reading_sees(
    visits: list[tuple[str, str, int, str]], split: int, kind: str | None
) -> None:
    rows = [interaction(user, item, at, EVENT_TYPE=what) for user, item, at, what in visits]
    sources = Sources(interactions=dataset(INTERACTIONS, rows[:split], rows[split:]))

    data = training_data(sources, TrainingSettings(event_type=kind, needs_interactions=False))

    wanted = [row for row in dict.fromkeys(visits) if kind in (None, row[3])]
    wanted.sort(key=lambda row: (row[0], row[2]))
    assert named(data) == [(user, item, at) for user, item, at, _ in wanted]
    assert list(data.items) == sorted({item for _, item, _, _ in wanted})
