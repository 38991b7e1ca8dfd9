"""Bodies that nobody should send: each is refused, or its events one by one, in bounded memory. BODIES=10000: more."""

from __future__ import annotations

import gzip
import http.client
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from urllib.parse import urlsplit

import pytest

from contract.codec import encode
from tests.factories import event
from tests.strategies import generated_lines
from tests.support.collector_server import Server, counting_server, served
from tests.support.collector_world import KEY

pytestmark = pytest.mark.integration

BODIES = int(os.environ.get("BODIES", "2500"))
CONNECTIONS = 8
MEMORY = 64 * 1024**2  # that all of it may take beyond what a quiet server takes
GOOD = encode(event(event_id="e")).rstrip()
LINES = generated_lines(seed=5, n=500)
BOMB = gzip.compress(bytes(100_000_000), 9)
LARGE = b'{"a":"' + b"x" * 2_000_000 + b'"}'
LARGE_UNPACKED = gzip.compress(LARGE, 1)

Nasty = Callable[[Random], tuple[bytes, bool, set[int]]]  # a body, whether it says gzip, and the statuses allowed


def wrong_type(rng: Random) -> tuple[bytes, bool, set[int]]:
    field = rng.choice(("event_id", "occurred_at", "user_id", "value", "context", "impression", "properties"))
    value = rng.choice((True, [7], {"a": {"b": [[1]]}}, -1e400, "x" * 70_000))
    values = json.loads(GOOD) | {field: value}
    return json.dumps([values, json.loads(GOOD)]).encode(), False, {202, 400}


KINDS: dict[str, Nasty] = {
    "truncated gzip": lambda rng: (gzip.compress(GOOD)[: rng.randrange(len(GOOD) // 2)], True, {400}),
    "bomb": lambda rng: (BOMB[: rng.choice((len(BOMB), len(BOMB) // 2))], True, {413}),
    "gzip of 2 MB": lambda _: (LARGE_UNPACKED, True, {413}),
    "2 MB": lambda _: (LARGE, False, {413}),
    "no gzip": lambda rng: (rng.randbytes(rng.randrange(1, 200)), True, {400}),
    "deep": lambda rng: (
        rng.choice((b"[", b'{"a":', b'[{"a":')) * rng.choice((50, 500, 5_000, 5_000, 150_000)),
        False,
        {400},
    ),
    "deep and whole": lambda rng: (b"[" * (n := rng.choice((5, 50, 500))) + b"]" * n, False, {202, 400}),
    "NaN": lambda rng: (GOOD[:-1] + b',"value":%b}' % rng.choice((b"NaN", b"Infinity", b"-Infinity")), False, {400}),
    "wrong type": wrong_type,
    "bad UTF-8": lambda rng: (
        GOOD.replace(b"i-1", b"i-" + rng.choice((b"\xff", b"\xc3", b"\xed\xa0\x80"))),
        False,
        {202, 400},
    ),
    "repeated key": lambda rng: (GOOD[:-1] + b',"item_id":"%d"}' % rng.randrange(9), False, {202}),
    "repeated events": lambda _: (b'{"events":[%b],"events":[]}' % GOOD, False, {400}),
    "lone surrogate": lambda rng: (
        GOOD.replace(b"i-1", rng.choice((b"\\ud800", b"\\udc00x", b"\\ud800\\ud800"))),
        False,
        {202, 400},
    ),
    "torn": lambda rng: (GOOD[: rng.randrange(len(GOOD))], False, {400}),
    "noise": lambda rng: (rng.randbytes(rng.randrange(300)), False, {400}),
    "too many": lambda rng: (b"[" + b",".join([b"0"] * rng.choice((501, 501, 501, 100_000))) + b"]", False, {413}),
    "a long number": lambda rng: (
        b"[" + b"9" * rng.choice((400, 500, 5_000, 5_000, 900_000)) + b"]",
        False,
        {202, 400},
    ),
    "many keys": lambda rng: (
        json.dumps(dict.fromkeys(map(str, range(rng.choice((60, 60, 60, 60, 60_000)))), 1)).encode(),
        False,
        {202},
    ),
    "a line of the contract's tests": lambda rng: (b"[%b,%b]" % (rng.choice(LINES), GOOD), False, {202, 400}),
    "500 bad ones": lambda _: (b"[" + b",".join([b'{"event_type":"view"}'] * 500) + b"]", False, {202}),
    "line breaks": lambda rng: (
        GOOD.replace(b",", rng.choice((b",\n", b",\r\n", b",\r"))).replace(b"u-1", b"u\n1"),
        False,
        {400},
    ),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served(*counting_server()) as found:
        yield found


def test_nasty_bodies_are_refused_in_bounded_memory(server: Server) -> None:
    post(server, [("good", GOOD, False, {202})] * 50)
    quiet = server.peak_bytes

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        found = threads.map(lambda number: post(server, drawn(number)), range(CONNECTIONS))
        seen = sum(found, Counter())

    taken = server.peak_bytes - quiet
    print(f"{BODIES} bodies took {taken / 1024**2:.1f} MiB beyond {quiet / 1024**2:.1f} MiB: {dict(seen)}")  # noqa: T201 - stated, with -s
    assert sum(seen.values()) == BODIES
    assert taken < MEMORY
    assert post(server, [("good", GOOD, False, {202})]) == {202: 1}


def drawn(number: int) -> list[tuple[str, bytes, bool, set[int]]]:
    """One connection's share."""
    rng = Random(number)
    kinds = [list(KINDS)[at // CONNECTIONS % len(KINDS)] for at in range(number, BODIES, CONNECTIONS)]
    return [(kind, *KINDS[kind](rng)) for kind in kinds]


def post(server: Server, bodies: list[tuple[str, bytes, bool, set[int]]]) -> Counter[int]:
    """The statuses of the answers; each body must get one that it may, and no good event be lost beside a bad one."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    seen: Counter[int] = Counter()
    for kind, body, is_gzip, allowed in bodies:
        headers = {"x-write-key": KEY.decode(), "content-type": "application/json"}
        headers |= {"content-encoding": "gzip"} if is_gzip else {}
        try:
            connection.request("POST", "/v1/events", body, headers)
        except (BrokenPipeError, ConnectionResetError):
            """It was refused before it was sent: the answer lies there."""
        status, said = answered(connection)
        seen[status] += 1
        assert status in allowed, (kind, body[:200], status, said)
        if status == 202:
            assert json.loads(said)["rejected"] >= (0 if kind in {"a line of the contract's tests", "good"} else 1), (
                kind,
                body[:200],
            )
    connection.close()
    return seen


def answered(connection: http.client.HTTPConnection) -> tuple[int, bytes]:
    """413 where the server closed the connection so early that its answer was lost on the way."""
    try:
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (ConnectionError, http.client.ResponseNotReady):
        connection.close()
        return 413, b""
