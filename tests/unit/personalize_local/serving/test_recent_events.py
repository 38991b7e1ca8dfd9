"""What filters look at: of each user and type of event the last hundred, imported and put together."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from personalize_local.filters.index import RecordIndex
from personalize_local.limits import RECENT_EVENTS
from personalize_local.serving.events import EARLIEST, Event, EventLog, is_usable
from personalize_local.serving.group import Group
from personalize_local.serving.recent_of import recent_of
from personalize_local.serving.records import Records

pytestmark = pytest.mark.unit

NOW = 1_800_000_000


def event(seq: int, item: str, *, user: str = "a", kind: str = "View", at: int | None = None) -> Event:
    return Event(seq, user, item, kind, NOW + seq if at is None else at, None)


def group(imported: Sequence[tuple[str, str, int, str | None]]) -> Group:
    columns = ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE")
    types = (pa.string(), pa.string(), pa.int64(), pa.string())
    arrays = [
        pa.array([row[place] for row in imported], kind) for place, kind in enumerate(types)
    ]  # fmt: skip
    items = RecordIndex.build([f"i-{n}" for n in range(300)], {}, None)
    recent = recent_of(pa.table(arrays, names=columns), lambda item: items.row(item) or 0)
    return Group(schemas={}, items=items, item_records=Records(), user_records=Records(), recent=recent)


def rows(known: Group, user: str | None, event_type: str) -> list[int]:
    return [int(row) for row in known.interacted(user)(event_type)]


def test_events_come_back_in_the_order_of_their_own_time() -> None:
    log = EventLog()
    for each in (event(1, "late", at=NOW + 9), event(2, "early", at=NOW), event(3, "other", user="b")):
        log.add(each)

    assert [each.item for each in log.of("a")] == ["early", "late"]
    assert [each.item for each in log.of("a", after=1)] == ["early"]
    assert log.of("nobody") == []


def test_an_event_that_was_seen_is_passed_over() -> None:
    log = EventLog()
    for each in (event(1, "x"), event(2, "y"), event(2, "y"), event(1, "x")):
        log.add(each)

    assert [each.item for each in log.of("a")] == ["x", "y"]


def test_of_each_type_the_last_hundred_count_imported_and_put_together() -> None:
    known = group([("a", f"i-{n}", NOW - 1_000 + n, "View") for n in range(150)] + [("b", "i-0", NOW, "View")])
    for seq in range(1, 31):
        known.put_event(event(seq, f"i-{200 + seq}", kind="view"))
    known.put_event(event(31, "i-299", kind="Purchase"))

    views = rows(known, "a", "view")
    assert views == [*range(150 - RECENT_EVENTS + 30, 150), *range(201, 231)]
    assert sorted(rows(known, "a", "*")) == sorted([*views, 299])
    assert rows(known, "b", "view") == [0]
    assert rows(known, "nobody", "*") == []
    assert rows(known, None, "*") == []


def test_imported_rows_without_a_user_or_a_type_are_of_no_one_and_no_type() -> None:
    known = group([("a", "i-1", NOW, None), ("a", "i-2", NOW, "View")])

    assert rows(known, "a", "view") == [2]


def test_who_had_an_item() -> None:
    known = group([("a", "i-1", NOW, "View"), ("b", "i-1", NOW, "Purchase"), ("c", "i-2", NOW, "View")])
    known.put_event(event(1, "i-1", user="d", kind="PURCHASE"))

    assert known.users_of("i-1", "*") == {"a", "b", "d"}
    assert known.users_of("i-1", "purchase") == {"b", "d"}
    assert known.users_of("no-such-item", "*") == set()


@pytest.mark.parametrize(
    ("item", "at", "usable"),
    [
        ("x", NOW, True),
        ("x", EARLIEST, True),
        ("x", EARLIEST - 1, False),
        ("x", NOW + 86_400, True),
        ("x", NOW + 86_401, False),
        (None, NOW, False),
    ],
)
def test_an_event_needs_an_item_and_a_plausible_time(item: str | None, at: int, usable: bool) -> None:  # noqa: FBT001
    assert is_usable(item, at, NOW) is usable
