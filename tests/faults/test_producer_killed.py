"""A producer with a spool that is killed at any moment: what it acknowledged arrives, whatever the stream does."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from contract.checkpoints import parse_checkpoint
from producers.sdk.spool.cursor import Position, read_cursor
from producers.sdk.spool.frames import Found, decode_body
from producers.sdk.spool.segments import segments_in, walk
from tests.support.mortal_stream import Mood, MortalStream, mortal_stream
from tests.support.producer_ledger import Stamp, audited, stamp_of

KILLS: Final = int(os.environ.get("KILLS", "20"))
SEED: Final = int(os.environ.get("SEED", "6"))
MOODS: Final = (
    Mood(throttles=0.4, fails=0.2),
    Mood(fails=0.5),
    Mood(slow_seconds=0.15),
    Mood(gone=0.5),
    Mood(throttles=0.2, fails=0.2, gone=0.2, slow_seconds=0.05),
    Mood(),
)
COMMANDS: Final = ("run", "run", "lazy", "full")
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 3 * KILLS)]


@dataclass
class Killed:
    """What was known at one death. `waiting`: lines that were in some spool, and not forgotten."""

    producer_id: str
    acknowledged: set[int]
    taken: int
    waiting: set[bytes]
    spools: int
    command: str


@dataclass
class World:
    root: Path
    pipes: Path
    stream: MortalStream
    process: subprocess.Popen[str]
    deaths: list[Killed] = field(default_factory=list)

    def fork(self, command: str) -> tuple[int, Path]:
        pipe = self.pipes / f"{len(self.deaths)}-{command}"
        os.mkfifo(pipe)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command} {pipe}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline()), pipe


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    environ = os.environ | keys | {"NO_PROXY": "127.0.0.1"}
    (tmp_path / "pipes").mkdir()
    with mortal_stream(SEED) as stream:
        command = [sys.executable, "-m", "tests.support.mortal_producer", str(tmp_path / "spool"), stream.url]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
        ) as process:
            yield World(tmp_path / "spool", tmp_path / "pipes", stream, process)
            process.kill()


def test_a_producer_killed_at_seeded_moments_loses_nothing_that_it_acknowledged(world: World) -> None:
    chance = random.Random(SEED)
    for number in range(KILLS):
        world.stream.mood = chance.choice(MOODS)
        with away(world.stream, chance.random() < 1 / 4):
            command = chance.choice(COMMANDS)
            die(world, command, after=chance.uniform(0.01, 1.0 if command == "full" else 0.35))
        death = world.deaths[-1]
        print(  # noqa: T201 - shown of a failure
            f"SEED={SEED}: kill {number + 1} of {KILLS}, {world.stream.mood}: {death.command}, {death.producer_id}, "
            f"{len(death.acknowledged)} acknowledged, {len(death.waiting)} lines in {death.spools} spools"
        )
        nothing_acknowledged_is_nowhere(world)
    world.stream.mood = Mood()
    drain(world)

    lines = world.stream.settle()
    assert sum(len(death.acknowledged) for death in world.deaths) > 50 * KILLS
    every_acknowledged_event_arrived(world, lines)
    repeats_are_of_what_was_not_forgotten_and_the_same_bytes(world, lines)
    every_dead_producer_has_its_last_word(world, lines)
    the_ledger_balances(lines, at_full_disks={death.producer_id for death in world.deaths if death.command == "full"})


# --- what is done -------------------------------------------------------------------------------------------------


def die(world: World, command: str, *, after: float) -> None:
    """Let a producer send for so many seconds, kill it, and note what was known then."""
    pid, pipe = world.fork(command)
    told: list[bytes] = []
    begun = threading.Event()
    with pipe.open("rb") as acknowledged:
        reader = threading.Thread(target=_listen, args=(acknowledged, told, begun))
        reader.start()
        assert begun.wait(20)
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
        reader.join(20)
    producer_id, *numbers = b"".join(told).decode().split("\n")
    numbers.pop()  # cut off, or empty
    taken = len(world.stream.settle())
    waiting = set(waiting_in(world.root))
    spools = sum(path.is_dir() for path in world.root.iterdir())
    world.deaths.append(Killed(producer_id, set(map(int, numbers)), taken, waiting, spools, command))


def _listen(pipe: object, told: list[bytes], begun: threading.Event) -> None:
    while data := os.read(pipe.fileno(), 65_536):  # type: ignore[attr-defined]
        told.append(data)
        begun.set()


@contextmanager
def away(stream: MortalStream, really: bool) -> Iterator[None]:  # noqa: FBT001 - drawn by chance
    stream.is_away = really
    yield
    stream.is_away = False


def drain(world: World) -> None:
    """Start once more, with a stream that is well."""
    _, pipe = world.fork("drain")
    assert pipe.read_bytes() == b"drained\n"


def waiting_in(root: Path, *, forgotten: bool = False) -> Iterator[bytes]:
    """The lines in all spools; those behind the cursors, or all."""
    for folder in (path for path in root.iterdir() if path.is_dir() and path.name[0] != "~"):
        at = read_cursor(folder) or Position(0, 0)
        for segment in segments_in(folder):
            for found in walk(segment):
                is_left = (segment.number, found.end) > (at.segment, at.end)
                if isinstance(found, Found) and (is_left or forgotten):
                    yield from (line for _, line in decode_body(found.body).entries)


# --- what must hold -----------------------------------------------------------------------------------------------


def nothing_acknowledged_is_nowhere(world: World) -> None:
    death = world.deaths[-1]
    there = [*world.stream.settle(), *waiting_in(world.root)]
    numbers = {seq for producer_id, seq in filter(None, map(stamp_of, there)) if producer_id == death.producer_id}
    assert death.acknowledged - numbers == set()


def every_acknowledged_event_arrived(world: World, lines: list[bytes]) -> None:
    arrived = set(filter(None, map(stamp_of, lines)))
    acknowledged = {(death.producer_id, seq) for death in world.deaths for seq in death.acknowledged}
    assert acknowledged - arrived == set()


def repeats_are_of_what_was_not_forgotten_and_the_same_bytes(world: World, lines: list[bytes]) -> None:
    by_stamp: dict[Stamp, set[bytes]] = defaultdict(set)
    for line in lines:
        if stamp := stamp_of(line):
            by_stamp[stamp].add(line)
    assert [stamp for stamp, forms in by_stamp.items() if len(forms) > 1] == []
    waited = [Counter(map(stamp_of, death.waiting)) for death in world.deaths]
    acknowledged = [{(death.producer_id, seq) for seq in death.acknowledged} for death in world.deaths]
    assert any(known - there.keys() for known, there in zip(acknowledged, waited, strict=True))  # some is forgotten
    for death in world.deaths:
        later = {line for line in lines[death.taken :] if (stamp := stamp_of(line)) and stamp[0] == death.producer_id}
        assert later - death.waiting == set()


def every_dead_producer_has_its_last_word(world: World, lines: list[bytes]) -> None:
    told = defaultdict(set)
    for checkpoint in filter(None, map(parse_checkpoint, lines)):
        told[checkpoint.producer_id].add(checkpoint)
    for death in world.deaths:
        last = max(told[death.producer_id], key=lambda checkpoint: checkpoint.number)
        assert last.final, death.producer_id
        assert last.accepted >= max(death.acknowledged, default=0) or death.command == "full"


def the_ledger_balances(lines: list[bytes], *, at_full_disks: set[str]) -> None:
    """As the events job would write it: of each event the first line is delivered, the others are repeats.

    With a disk that is full nobody knows, after the kill, which numbers memory held after the last frame: they were
    not acknowledged, and may be called lost.
    """
    report = audited(lines)
    checkpoints = list(filter(None, map(parse_checkpoint, lines)))
    assert [str(finding) for finding in report.findings if finding.producer_id not in at_full_disks] == []
    spooled = {checkpoint.producer_id: checkpoint.accepted for checkpoint in checkpoints if checkpoint.final}
    for finding in report.findings:
        assert finding.what == "was accepted and is not in raw"
        assert min(finding.seqs) > spooled[finding.producer_id]
    assert Counter(map(stamp_of, lines))[None] == len(checkpoints)
