"""Spools of several processes under one root: each has one owner, and a dead one's is adopted once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, TransientError
from contract.times import epoch_ms
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.inspect import inspect
from producers.sdk.spool.locks import is_locked
from producers.sdk.spool.recovery import recover
from tests.factories import FakeClock
from tests.support.full_disk import FullDisk
from tests.support.spools import PRODUCER, adopted, dead, directory, frame, held, other_process

pytestmark = pytest.mark.integration

FIVE = [frame(number) for number in range(1, 6)]


OWNER = """
import os, signal, sys
from pathlib import Path
from tests.support.spools import directory, frame
spool = directory(Path(sys.argv[1])).open(sys.argv[2])
for number in range(1, 6):
    spool.append(frame(number))
print("open", flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""
ADOPTER = """
import sys
from pathlib import Path
from tests.support.spools import directory
print("ready", flush=True)
sys.stdin.readline()
spools = directory(Path(sys.argv[1])).adopt()
print(" ".join(spool.producer_id for spool in spools) or "-", flush=True)
sys.stdin.readline()
"""


def test_a_living_owners_spool_is_nobody_elses_until_it_is_killed(tmp_path: Path) -> None:
    with other_process(OWNER, str(tmp_path), "web-7") as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        owner.stdout.readline()
        mine = directory(tmp_path)
        assert mine.adopt() == []
        assert mine.open("web-8").producer_id == "web-8"

        owner.stdin.write("die\n")
        owner.stdin.flush()
        owner.wait(10)
        [spool] = mine.adopt()

    assert (spool.producer_id, held(spool)) == ("web-7", FIVE)


def test_of_two_processes_that_adopt_at_once_each_orphan_has_one(tmp_path: Path) -> None:
    names = [f"web-{number}" for number in range(20)]
    for name in names:
        directory(tmp_path).open(name).close()
    with other_process(ADOPTER, str(tmp_path)) as one, other_process(ADOPTER, str(tmp_path)) as other:
        assert one.stdout is not None
        assert other.stdout is not None
        one.stdout.readline()
        other.stdout.readline()
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        had = [process.stdout.readline().split() for process in (one, other) if process.stdout]

    assert sorted([*had[0], *had[1]]) == sorted([*names, *(["-"] if ["-"] in had else [])])


def test_one_name_is_one_spool(tmp_path: Path) -> None:
    directory(tmp_path).open(PRODUCER)

    with pytest.raises(ConfigurationError, match="takes a new producer_id"):
        directory(tmp_path).open(PRODUCER)


def test_a_spool_that_a_disk_refused_may_be_opened_once_it_does_not(tmp_path: Path) -> None:
    disk = FullDisk()
    mine = directory(tmp_path, files=disk)
    disk.broken = {"sync_directory"}
    with pytest.raises(TransientError, match="no spool can be made"):
        mine.open(PRODUCER)
    assert [path.name for path in tmp_path.iterdir()] == ["~lock"]

    disk.broken = set()
    assert mine.open(PRODUCER).producer_id == PRODUCER


def test_a_dead_producers_spool_that_cannot_be_locked_is_left_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / PRODUCER / "lock").mkdir(parents=True)
    mine = directory(tmp_path)

    assert mine.adopt() == []
    assert list(mine.left) == [PRODUCER]
    assert "Is a directory" in mine.left[PRODUCER]


def test_a_spool_that_is_delivered_while_others_are_looked_at_is_not_among_them(tmp_path: Path) -> None:
    spools = [directory(tmp_path).open(name) for name in ("web-1", "web-2")]
    cursor = tmp_path / "web-1" / "cursor"
    os.mkfifo(cursor)  # whoever looks at the first waits until it says how far it was delivered
    with ThreadPoolExecutor() as pool:
        found = pool.submit(inspect, tmp_path, now_ms=0)
        with cursor.open("wb"):
            spools[1].remove()

        assert [spool.producer_id for spool in found.result(10)] == ["web-1"]


@pytest.mark.parametrize("name", ["..", ".", "damaged", "a/b", "", "~web", "x" * 65])
def test_a_name_that_could_leave_the_root_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a spool"):
        directory(tmp_path).open(name)


def test_a_root_that_cannot_be_made_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ConfigurationError, match="no spool can be kept"):
        SpoolDirectory(tmp_path / "file" / "spool")


def test_a_forked_child_changes_nothing_and_keeps_nothing_from_being_adopted(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from tests.support.spools import directory, frame
spool = directory(Path(sys.argv[1])).open("web-1")
last = spool.append(frame(1))
if os.fork():
    os._exit(0)
spool.forget(last)
spool.close()
spool.remove()
try:
    spool.append(frame(2))
except ValueError:
    os.write(1, b"refused\\n")
sys.stdin.readline()
"""
    with other_process(script, str(tmp_path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "refused\n"
        process.wait(10)  # the parent; its child waits for its input still

        assert held(adopted(tmp_path)) == [frame(1)]


@pytest.mark.parametrize("how", ["to its end", "to an error"])
def test_a_child_that_was_forked_while_the_root_was_locked_keeps_nobody_out_of_it(tmp_path: Path, how: str) -> None:
    script = """
import os, sys
from contextlib import suppress
from pathlib import Path
from producers.sdk.spool.inspect import inspect
from producers.sdk.spool.locks import alone
with suppress(KeyError), alone(Path(sys.argv[1]) / "~lock"):
    if not os.fork():
        sys.stdin.readline()
        os._exit(0)
    if sys.argv[2] == "to an error":
        raise KeyError
print("left", flush=True)
"""
    with other_process(script, str(tmp_path), how) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "left\n"

        assert not is_locked(tmp_path / "~lock")


def test_a_clock_that_steps_back_makes_nothing_older_than_it_is_and_nothing_negative(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)
    early = FakeClock()
    early.pass_seconds(-3_600)
    late = FakeClock()
    late.pass_seconds(60)

    assert recover(tmp_path / PRODUCER, now_ms=epoch_ms(early.now())).ages == ((1, 0.0),)
    spool = adopted(tmp_path, early)
    assert (spool.depth().oldest_seconds, held(spool)) == (0.0, FIVE)
    spool.close()
    assert adopted(tmp_path, late).depth().oldest_seconds == 60.0


def test_the_cursor_is_written_at_most_once_a_second_and_at_the_end(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = directory(tmp_path, clock=clock).open(PRODUCER)
    positions = [spool.append(each) for each in FIVE]
    seen = []
    for position, seconds in zip(positions[:4], (0.0, 0.5, 0.6, 0.1), strict=True):
        clock.pass_seconds(seconds)
        spool.forget(position)
        seen.append((tmp_path / PRODUCER / "cursor").read_bytes())
    spool.close()

    assert [seen[0] == seen[1], seen[1] == seen[2], seen[2] == seen[3]] == [True, False, True]
    assert held(adopted(tmp_path)) == FIVE[4:]
