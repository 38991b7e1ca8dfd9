"""What a body may be, and what it costs to find out that it is not."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest

from producers.collector.bodies import events_in, unpacked
from producers.collector.problems import Problem

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b'{"a":1}', [b'{"a":1}']),
        (b' \n{"a":1}\r\n', [b'{"a":1}']),
        (b'[{"a":1}, {"b":2},3]', [b'{"a":1}', b'{"b":2}', b"3"]),
        (b"[]", []),
        (b'{"events":[{"a":1},{"b":2}]}', [b'{"a":1}', b'{"b":2}']),
        (b'{"sent_by": "sdk", "events": [{"events": 1, "events": 2}]}', [b'{"events": 1, "events": 2}']),
        (b'[{"a":\n1,\r\n"b":[ ]}]', [b'{"a": 1,  "b":[ ]}']),
        (b'["\xff"]', [b'"\xff"']),
    ],
)
def test_a_body_is_an_event_an_array_or_a_batch(body: bytes, events: list[bytes]) -> None:
    assert events_in(body) == events


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"no json", 400),
        (b'{"events":3}', 400),
        (b'{"events":null}', 400),
        (b'{"events":[1],"events":[2]}', 400),
        (b'{"events":[1],"\\u0065vents":[2]}', 400),
        (b'{"a":NaN}', 400),
        (b'{"a":1}{"a":2}', 400),
        (b'\xef\xbb\xbf{"a":1}', 400),
        (b"7", 400),
        (b"[" * 100_000, 400),
        (b'{"events":' * 50_000, 400),
        (b'["a\nb"]', 400),
        (b"[" + b"1," * 500 + b"1]", 413),
    ],
)
def test_what_cannot_be_told_apart_is_refused_whole(body: bytes, status: int) -> None:
    with pytest.raises(Problem) as caught:
        events_in(body)

    assert caught.value.status == status


def test_five_hundred_events_are_taken() -> None:
    assert len(events_in(b"[" + b"1," * 499 + b"1]")) == 500


@pytest.mark.parametrize("encoding", [b"gzip", b"GZIP", b"x-gzip"])
def test_gzip_is_unpacked(encoding: bytes) -> None:
    assert unpacked(gzip.compress(b"[1]"), encoding) == b"[1]"


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"[1]", b"br", 415),
        (b"[1]", b"gzip, gzip", 415),
        (b"[1]", b"gzip", 400),
        (b"", b"gzip", 400),
        (gzip.compress(b"[1]", mtime=0)[:-3], b"gzip", 400),
        (gzip.compress(b"[1]", mtime=0) + b"more", b"gzip", 400),
        (gzip.compress(b"[1]", mtime=0) * 2, b"gzip", 400),
        (gzip.compress(bytes(1_000_001), mtime=0), b"gzip", 413),
        (gzip.compress(bytes(20_000_000), 1, mtime=0), b"gzip", 413),  # a bomb
        (bytes(1_000_001), b"", 413),
    ],
    ids=["br", "twice", "no gzip", "empty", "torn", "tail", "two members", "large", "bomb", "large as it is"],
)
def test_a_packing_that_is_none_or_too_large_is_refused(body: bytes, encoding: bytes, status: int) -> None:
    with pytest.raises(Problem) as caught:
        unpacked(body, encoding)

    assert caught.value.status == status


def test_a_body_of_full_size_is_taken_in_both_forms() -> None:
    body = json.dumps({"a": "x" * 999_990}).encode()[:-2].ljust(999_998, b"x") + b'"}'

    assert len(body) == 1_000_000
    assert unpacked(body, b"identity") == unpacked(gzip.compress(body, 1), b"gzip") == body


def test_a_bomb_is_not_unpacked_to_see_how_large_it_is() -> None:
    bomb = gzip.compress(bytes(20_000_000), 1)
    tracemalloc.start()
    with pytest.raises(Problem):
        unpacked(bomb, b"gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8_000_000
