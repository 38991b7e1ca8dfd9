"""What was typed and would not be done is refused; events of a load are such as every reader takes."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.codec import Plausible, decode
from contract.errors import ConfigurationError
from operations.send.asked import LoadAsked
from operations.send.events import TEMPLATES, of_file, simulated
from operations.send.to_collector import CollectorTarget

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 12, 0, 0, 123_000, tzinfo=UTC)
EVER = Plausible(datetime(1995, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
TYPED: dict[str, Any] = {"stage": "local", "rate": 10, "seconds": 1, "batch": 1}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"to": "sdk", "url": "http://127.0.0.1"}, "--url"),
        ({"to": "sdk", "write_key": "k"}, "--write-key"),
        ({"to": "sdk", "connections": 4}, "--connections"),
        ({"to": "collector", "spool": Path("spool")}, "--spool"),
        ({"to": "sdk", "file": Path("events.csv"), "users": 5}, "--users"),
        ({"to": "sdk", "file": Path("events.csv"), "seed": 5}, "--seed"),
        ({"to": "sdk", "users": 0}, "--users 0"),
        ({"to": "sdk", "report": Path("nowhere/at/all.json")}, "--report"),
    ],
)
def test_options_that_would_do_nothing_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        LoadAsked(**TYPED, **given)


@pytest.mark.parametrize("url", ["collector.example", "ftp://collector.example", "https://", "https://c.example/?k=1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="--url"):
        CollectorTarget(url, write_key="", connections=1)


@pytest.mark.parametrize("connections", [0, 257])
def test_connections_are_bounded(connections: int) -> None:
    with pytest.raises(ConfigurationError, match="--connections"):
        CollectorTarget("https://c.example", write_key="", connections=connections)


def test_simulated_events_are_new_ones_of_now_without_an_end() -> None:
    numbers = iter(range(10**9))
    lines = simulated(seed=3, users=50, now=lambda: NOW, entropy=lambda n: next(numbers).to_bytes(n, "big"))

    taken = list(islice(lines, TEMPLATES + 100))
    events = [decode(line, EVER) for _, line in taken]

    assert len({event.event_id for event in events}) == TEMPLATES + 100
    assert {(event.occurred_at, event.sent_at, event.producer_id) for event in events} == {
        ("2026-11-23T12:00:00.123Z", None, None)
    }
    assert [key for key, _ in taken] == [event.user_id or event.anonymous_id for event in events]
    assert len({event.event_type for event in events}) > 5


def test_a_files_rows_keep_their_ids_and_times_and_those_that_make_no_event_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "interactions.csv"
    path.write_text(
        "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\nu-1,i-1,1700000000,click\nu-2,,1700000001,click\nu-1,i-2,1700000002,view\n"
    )

    first, second = (list(of_file(path, now=NOW)) for _ in range(2))

    assert first == second
    assert [(key, msgspec.json.decode(line)["occurred_at"]) for key, line in first] == [
        ("u-1", "2023-11-14T22:13:20Z"),
        ("u-1", "2023-11-14T22:13:22Z"),
    ]


def test_a_file_that_nobody_knows_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("a,b\n1,2\n")

    with pytest.raises(ConfigurationError, match="a, b"):
        of_file(path, now=NOW)
