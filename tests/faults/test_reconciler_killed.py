"""The reconciler killed at any call of a full cycle: the same end as one never killed, and nothing started twice."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Final

import pytest

from tests.support.mortal import Fuse, Killed
from tests.support.personalize_server import Server, running, s3_server
from tests.support.reconciler_emulator import Emulated, tasteful_rows
from tests.support.reconciler_world import Deployment

pytestmark = pytest.mark.faults

KILLS: Final = int(os.environ.get("KILLS", "20"))
SEED: Final = int(os.environ.get("SEED", "20"))
ALL: Final = 200  # kills that are asked for, and more, mean all there can be
CALLS_THAT_CHANGE: Final = 17  # of Personalize, from nothing to a campaign
ROWS: Final = tasteful_rows(users=60)


def test_in_memory_at_any_call_that_reads_or_writes() -> None:
    counted = Fuse(left=10**9)
    alive = _lived(counted).end_state()
    calls = [(left, after) for left in range(1, 10**9 - counted.left + 1) for after in (False, True)]
    assert len(calls) > 1_000  # that there was a cycle at all

    for left, after in _sample(calls, of=2 * KILLS):
        assert _lived(Fuse(left=left, after=after)).end_state() == alive, (left, after)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server() as s3, running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


@pytest.mark.timeout(120 + 6 * KILLS)
def test_on_the_emulator_at_any_call_that_changes_something(server: Server) -> None:
    alive = _cycle(server, "alive", None)
    calls = [(left, after) for left in range(1, CALLS_THAT_CHANGE + 1) for after in (False, True)]

    for number, (left, after) in enumerate(_sample(calls, of=KILLS // 10)):
        name = f"k{number:04d}"
        made = _cycle(server, name, Fuse(left=left, after=after))
        assert [each.replace(name, "alive") for each in made] == alive, (left, after)


def _sample(calls: list[tuple[int, bool]], *, of: int) -> list[tuple[int, bool]]:
    return calls if KILLS >= ALL else random.Random(SEED).sample(calls, min(of, len(calls)))


def _lived(fuse: Fuse) -> Deployment:
    """A cycle whose first process dies at the fuse's end, and whose others do not."""
    world = Deployment.published()
    try:
        world.settle(fuse=fuse, reads=True)
    except Killed:
        world.settle()
    return world


def _cycle(server: Server, name: str, fuse: Fuse | None) -> list[str]:
    """What there is in the end; all of it ACTIVE."""
    deployment = Emulated(server, name)
    for dataset, rows in ROWS.items():
        deployment.publish(dataset, rows)
    try:
        deployment.settle(fuse=fuse)
    except Killed:
        deployment.ahead += deployment.settings.lease_seconds
        deployment.settle()
    assert set(deployment.statuses().values()) == {"ACTIVE"}
    made = deployment.made()
    deployment.remove()
    return made
