"""Spools on disks that lie, lose and refuse: what was acknowledged comes back, what was not stays away."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, TransientError
from producers.sdk.spool.damage import Damage
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.files import DiskFiles
from producers.sdk.spool.held import SpoolDepth
from tests.support.crashing_disk import CrashingDisk
from tests.support.full_disk import FullDisk
from tests.support.spools import PRODUCER, SMALL, adopted, dead, directory, frame, held, other_process

pytestmark = pytest.mark.integration

FIVE = [frame(number) for number in range(1, 6)]


def segments(root: Path) -> list[Path]:
    return sorted((root / PRODUCER).glob("*.segment"))


def test_a_torn_tail_is_cut_and_the_frames_before_it_come_back(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)
    [segment] = segments(tmp_path)
    data = segment.read_bytes()
    for length in random.Random(1).sample(range(len(data)), 40):
        segment.write_bytes(data[:length])
        spool = adopted(tmp_path)
        whole = sum(data.index(each.entries[0][1]) + len(each.entries[0][1]) <= length for each in FIVE)

        assert (held(spool), spool.damaged()) == (FIVE[:whole], ()), length
        spool._lock.close()


def test_a_frame_after_a_torn_one_is_written_where_readers_find_it(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)
    [segment] = segments(tmp_path)
    segment.write_bytes(segment.read_bytes()[:-1])
    spool = adopted(tmp_path)
    spool.append(frame(6))
    spool.close()

    assert held(adopted(tmp_path)) == [*FIVE[:4], frame(6)]


def test_damaged_bytes_are_named_and_kept_beside_and_survive_the_spool(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)
    [segment] = segments(tmp_path)
    data = bytearray(segment.read_bytes())
    at = data.index(b'"n":3')
    data[at] ^= 1
    segment.write_bytes(data)

    spool = adopted(tmp_path)
    size = spool.depth().bytes // 5
    start = 28 + 2 * size
    kept = tmp_path / "damaged" / f"web-1-{segment.stem}-{start}.bytes"

    assert held(spool) == [*FIVE[:2], *FIVE[3:]]
    assert spool.damaged() == (Damage(PRODUCER, segment.name, start, size, kept),)
    spool.remove()
    assert kept.read_bytes() == data[start : start + size]


def test_a_segment_that_somebody_took_away_is_named_and_the_others_come_back(tmp_path: Path) -> None:
    spool = directory(tmp_path).open(PRODUCER)
    big = [frame(number, size=SMALL // 2) for number in range(1, 4)]
    for each in big:
        spool.append(each)
    gone = segments(tmp_path)[1]
    gone.unlink()

    assert held(spool) == [big[0], big[2]]
    assert [(each.segment, each.kept) for each in spool.damaged()] == [(gone.name, None)]


def test_what_somebody_cut_off_a_segment_is_named_and_the_others_come_back(tmp_path: Path) -> None:
    spool = directory(tmp_path).open(PRODUCER)
    big = [frame(number, size=SMALL // 3) for number in range(1, 6)]  # two in a segment
    ends = [spool.append(each).end for each in big]
    cut = segments(tmp_path)[0]
    os.truncate(cut, ends[0])

    assert held(spool) == [big[0], *big[2:]]
    assert spool.damaged() == (Damage(PRODUCER, cut.name, ends[0], ends[1] - ends[0], None),)


def test_once_all_that_can_be_read_is_delivered_nothing_is_left_to_deliver(tmp_path: Path) -> None:
    spool = directory(tmp_path).open(PRODUCER)
    for each in FIVE:
        spool.append(each)
    [segment] = segments(tmp_path)
    data = bytearray(segment.read_bytes())
    data[data.index(b'"n":3')] ^= 1
    segment.write_bytes(data)

    read = spool.read(None, 10**6)
    spool.forget(read[-1][0])

    assert [each for _, each in read] == [*FIVE[:2], *FIVE[3:]]
    assert spool.depth() == SpoolDepth(0, 0, 0.0)


def test_a_full_spool_says_so_and_takes_again_once_there_is_room(tmp_path: Path) -> None:
    spool = directory(tmp_path, max_bytes=SMALL).open(PRODUCER)
    first = spool.append(frame(1, size=SMALL // 2))

    with pytest.raises(TransientError, match="is full"):
        spool.append(frame(2, size=SMALL // 2))
    spool.forget(first)
    spool.append(frame(2, size=SMALL // 2))

    assert held(spool) == [frame(2, size=SMALL // 2)]


@pytest.mark.parametrize("room", range(0, 200, 7))
def test_of_a_frame_that_the_disk_took_in_part_nothing_stays(tmp_path: Path, room: int) -> None:
    disk = FullDisk()
    spool = directory(tmp_path, files=disk).open(PRODUCER)
    spool.append(FIVE[0])
    disk.room = room
    written = [FIVE[0]]
    for each in FIVE[1:]:
        try:
            spool.append(each)
        except TransientError:
            break
        written.append(each)
    assert held(spool) == written

    disk.room = None
    spool.append(frame(6))
    assert held(spool) == [*written, frame(6)]
    spool._lock.close()
    again = adopted(tmp_path)
    assert (held(again), again.damaged()) == ([*written, frame(6)], ())


@pytest.mark.parametrize(
    "broken", [{"sync"}, {"sync", "cut"}, {"write"}, {"write", "cut"}], ids=lambda broken: " and ".join(sorted(broken))
)
def test_after_an_error_of_the_disk_a_new_segment_takes_what_comes(tmp_path: Path, broken: set[str]) -> None:
    disk = FullDisk()
    spool = directory(tmp_path, files=disk).open(PRODUCER)
    spool.append(FIVE[0])
    disk.broken = broken
    for _ in range(3):
        with pytest.raises(TransientError, match="Input/output error"):
            spool.append(FIVE[1])
    disk.broken = set()
    at = spool.append(FIVE[2])

    assert held(spool) == [FIVE[0], FIVE[2]]
    # A file that was not synced once, or not cut, is not trusted again.
    assert (at.segment > 1, len(segments(tmp_path))) == ((False, 1) if broken == {"write"} else (True, 2))
    spool._lock.close()
    # A frame that could neither be acknowledged nor taken back is a repeat, as the producer sent it from memory.
    assert held(adopted(tmp_path)) == [FIVE[0], *([FIVE[1]] if broken == {"sync", "cut"} else []), FIVE[2]]


def test_a_disk_without_room_for_a_segment_leaves_none(tmp_path: Path) -> None:
    disk = FullDisk(room=0)
    spool = directory(tmp_path, files=disk).open(PRODUCER)
    for room in (0, 5):
        disk.room = room
        with pytest.raises(TransientError):
            spool.append(FIVE[0])

    assert segments(tmp_path) == []
    disk.room = None
    assert spool.append(FIVE[0]).segment == 1


class FullDevice(DiskFiles):
    """Each new file is the device that is always full."""

    def create(self, path: Path) -> int:  # noqa: ARG002
        return os.open("/dev/full", os.O_WRONLY)


def test_a_device_without_room_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    spool = directory(tmp_path, files=FullDevice()).open(PRODUCER)

    with pytest.raises(TransientError, match="No space left on device"):
        spool.append(FIVE[0])
    assert (segments(tmp_path), held(spool)) == ([], [])


LIMITED = """
import resource, sys
from pathlib import Path
from contract.errors import TransientError
from tests.support.spools import directory, frame, held
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
spool = directory(Path(sys.argv[1])).open("web-1")
written = []
for number in range(1, 100):
    try:
        spool.append(frame(number, size=1_000))
    except TransientError as error:
        print(number, "File too large" in str(error) or "bytes were written" in str(error), flush=True)
        break
    written.append(frame(number, size=1_000))
assert held(spool) == written
spool._lock.close()
"""


def test_a_real_limit_on_a_files_size_costs_the_frame_that_meets_it_and_no_other(tmp_path: Path) -> None:
    with other_process(LIMITED, str(tmp_path)) as process:
        assert process.stdout is not None
        number, is_named = process.stdout.readline().split()
        process.wait(10)

    spool = adopted(tmp_path)
    assert is_named == "True"
    assert held(spool) == [frame(each, size=1_000) for each in range(1, int(number))]
    assert spool.damaged() == ()


def test_a_batch_is_synced_before_append_returns(tmp_path: Path) -> None:
    disk = FullDisk()
    spool = directory(tmp_path, files=disk).open(PRODUCER)
    disk.calls.clear()

    spool.append(FIVE[0])
    spool.append(FIVE[1])

    assert disk.calls == ["create", "write", "sync_directory", "write", "sync", "write", "sync"]


def test_by_the_interval_a_sync_comes_on_its_own_and_the_last_at_the_end(tmp_path: Path) -> None:
    disk = FullDisk()
    spool = SpoolDirectory(tmp_path, fsync=0.005, machine=directory(tmp_path, files=disk)._machine).open(PRODUCER)
    spool.append(FIVE[0])
    while "sync" not in disk.calls:
        time.sleep(0.002)
    disk.broken = {"sync"}
    while True:
        try:
            spool.append(FIVE[1])
        except TransientError:
            break
        time.sleep(0.002)
    disk.broken = set()
    disk.calls.clear()
    spool.append(FIVE[2])
    spool.close()

    assert disk.calls[-1] == "sync"
    assert held(adopted(tmp_path))[-1] == FIVE[2]


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_a_crash_of_the_machine_costs_nothing_that_append_returned(tmp_path: Path, count: int) -> None:
    disk = CrashingDisk()
    spool = directory(tmp_path, files=disk).open(PRODUCER)
    written = [frame(number, size=SMALL // 3) for number in range(1, count + 1)]
    for each in written:
        spool.append(each)

    disk.crash()
    spool._lock.close()

    assert held(adopted(tmp_path)) == written


def test_by_the_interval_a_crash_of_the_machine_costs_what_was_not_synced_since(tmp_path: Path) -> None:
    disk = CrashingDisk()
    machine = directory(tmp_path, files=disk)._machine
    spool = SpoolDirectory(tmp_path, segment_bytes=SMALL, fsync=3_600, machine=machine).open(PRODUCER)
    written = [frame(number, size=SMALL // 3) for number in range(1, 6)]  # two in a segment
    for each in written:
        spool.append(each)

    disk.crash()
    spool._lock.close()

    assert held(adopted(tmp_path)) == written[:4]


@pytest.mark.parametrize(
    "wrong",
    [{"segment_bytes": 1}, {"max_bytes": SMALL - 1, "segment_bytes": SMALL}, {"fsync": "often"}, {"fsync": 0.0}],
    ids=str,
)
def test_a_setting_that_cannot_be_meant_is_refused(tmp_path: Path, wrong: dict[str, int | float | str]) -> None:
    with pytest.raises(ConfigurationError, match=next(reversed(list(wrong))) if "fsync" in wrong else "_bytes is"):
        SpoolDirectory(tmp_path, **wrong)  # type: ignore[arg-type]
