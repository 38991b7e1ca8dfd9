"""Of each user and event type the latest imported interactions, whatever their times are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from personalize_local.limits import RECENT_EVENTS
from personalize_local.serving.recent import Recent
from personalize_local.serving.recent_of import recent_of

pytestmark = pytest.mark.unit

_LAST = 2**63 - 1
ROWS = {"a": 0, "b": 1, "c": 2}


def _recent(rows: list[tuple[str | None, str, str | None, int]]) -> Recent:
    users, items, types, times = zip(*rows, strict=True) if rows else ((), (), (), ())
    table = pa.table(
        {
            "USER_ID": pa.chunked_array([pa.array(users, pa.string())]),
            "ITEM_ID": pa.chunked_array([pa.array(items, pa.string())]),
            "EVENT_TYPE": pa.chunked_array([pa.array(types, pa.string())]),
            "TIMESTAMP": pa.chunked_array([pa.array(times, pa.int64())]),
        }
    )
    return recent_of(table, ROWS.__getitem__)


@pytest.mark.parametrize("times", [(1, 2, 3), (-_LAST - 1, 0, _LAST)], ids=["near", "far apart"])
def test_a_users_rows_are_found_by_type_in_the_order_of_time(times: tuple[int, int, int]) -> None:
    early, middle, late = times
    recent = _recent(
        [
            ("u2", "a", "view", late),
            ("u1", "b", "View", late),
            ("u1", "c", "buy", early),
            ("u1", "a", "view", early),
            ("u1", "c", "VIEW", middle),
            (None, "b", "view", middle),
        ]
    )

    found = {
        (user, kind): recent.of(user, kind).tolist() for user in ("u1", "u2", "none") for kind in ("view", "buy", "x")
    }

    assert found == {
        ("u1", "view"): [0, 2, 1],
        ("u1", "buy"): [2],
        ("u1", "x"): [],
        ("u2", "view"): [0],
        ("u2", "buy"): [],
        ("u2", "x"): [],
        ("none", "view"): [],
        ("none", "buy"): [],
        ("none", "x"): [],
    }


def test_only_the_latest_of_a_type_are_kept() -> None:
    many = [("u", "a" if time else "b", "view", time) for time in range(RECENT_EVENTS + 1)]

    recent = _recent([*many, ("u", "c", "buy", 0)])

    assert recent.of("u", "view").tolist() == [0] * RECENT_EVENTS
    assert recent.of("u", "buy").tolist() == [2]


def test_nothing_was_imported() -> None:
    assert _recent([]).of("u", "*").tolist() == []
