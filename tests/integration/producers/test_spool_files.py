"""What a spool promises on a disk: what `append` returned is there until it is forgotten, whoever dies."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from producers.sdk.spool.cursor import Position
from producers.sdk.spool.frames import Frame
from producers.sdk.spool.held import SpoolDepth
from producers.sdk.spool.segments import HEADER_BYTES, Counts
from tests.factories import FakeClock
from tests.support.full_disk import FullDisk
from tests.support.spools import PRODUCER, SMALL, adopted, dead, directory, frame, held

pytestmark = pytest.mark.integration

FIVE = [frame(number) for number in range(1, 6)]


def segments(root: Path) -> list[Path]:
    return sorted((root / PRODUCER).glob("*.segment"))


def test_frames_are_read_in_order_from_where_the_reader_is(tmp_path: Path) -> None:
    spool = directory(tmp_path).open(PRODUCER)
    positions = [spool.append(each) for each in FIVE]

    assert spool.read(None, 10**6) == list(zip(positions, FIVE, strict=True))
    assert spool.read(positions[2], 10**6) == list(zip(positions[3:], FIVE[3:], strict=True))
    assert spool.read(positions[2], 1) == [(positions[3], FIVE[3])]
    assert spool.read(positions[4], 10**6) == []
    assert sorted(positions) == positions
    assert (spool.last, spool.accepted, spool.checkpoints, spool.withheld) == (positions[4], 5, 0, "")


def test_what_was_forgotten_does_not_come_back_and_its_segments_are_gone(tmp_path: Path) -> None:
    spool = directory(tmp_path).open(PRODUCER)
    big = [frame(number, size=SMALL // 2) for number in range(1, 6)]
    positions = [spool.append(each) for each in big]
    assert len(segments(tmp_path)) == 5

    spool.forget(positions[2])
    spool.forget(positions[1])

    assert held(spool) == big[3:]
    assert len(segments(tmp_path)) == 2


def test_forgetting_goes_forward_only(tmp_path: Path) -> None:
    spool = directory(tmp_path).open(PRODUCER)
    positions = [spool.append(each) for each in FIVE]

    spool.forget(positions[2])
    spool.forget(positions[0])

    assert held(spool) == FIVE[3:]
    assert [each for _, each in spool.read(positions[0], 10**6)] == FIVE[3:]


def test_depth_is_what_is_not_delivered(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = directory(tmp_path, clock=clock).open(PRODUCER)
    assert spool.depth() == SpoolDepth(0, 0, 0.0)

    first = spool.append(FIVE[0])
    size = spool.depth().bytes
    clock.pass_seconds(10)
    last = spool.append(FIVE[1])
    clock.pass_seconds(5)

    assert spool.depth() == SpoolDepth(2 * size, 2, 15.0)
    spool.forget(first)
    assert spool.depth() == SpoolDepth(size, 1, 5.0)
    spool.forget(last)
    assert spool.depth() == SpoolDepth(0, 0, 0.0)


def test_what_is_known_of_the_ages_of_frames_does_not_grow_while_nobody_asks(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = directory(tmp_path, clock=clock).open(PRODUCER)
    for number in range(1, 101):
        clock.pass_seconds(1)
        spool.forget(spool.append(frame(number)))

    assert len(spool._held._ages._known) <= 2
    clock.pass_seconds(1)
    spool.append(frame(101))
    clock.pass_seconds(7)
    assert spool.depth().oldest_seconds == 7.0


def test_what_a_dead_producer_left_is_had_by_the_next_process(tmp_path: Path) -> None:
    dead(tmp_path, [*FIVE, Frame((("web-1", b'{"checkpoint":{}}\n'),), 5, 1, "4-5")], forgotten=2)

    spool = adopted(tmp_path)

    assert [each.accepted for each in held(spool)] == [3, 4, 5, 5]
    assert (spool.producer_id, spool.accepted, spool.checkpoints, spool.withheld) == (PRODUCER, 5, 1, "4-5")
    assert spool.damaged() == ()


def test_damage_to_what_was_delivered_is_nobodys_loss(tmp_path: Path) -> None:
    dead(tmp_path, FIVE, forgotten=3)
    [segment] = segments(tmp_path)
    data = bytearray(segment.read_bytes())
    data[data.index(b'"n":2')] ^= 1
    segment.write_bytes(data)

    spool = adopted(tmp_path)

    assert (held(spool), spool.damaged()) == (FIVE[3:], ())
    assert not (tmp_path / "damaged").exists()


def test_a_new_roots_name_is_synced_too(tmp_path: Path) -> None:
    disk = FullDisk()

    directory(tmp_path / "spool", files=disk)

    assert disk.calls == ["sync_directory"]


def test_how_far_a_producer_was_is_known_though_all_was_delivered(tmp_path: Path) -> None:
    frames = [dataclasses.replace(frame(n, size=SMALL // 2), checkpoints=n // 2) for n in range(1, 6)]
    dead(tmp_path, frames, forgotten=5)

    spool = adopted(tmp_path)

    assert (held(spool), spool.depth()) == ([], SpoolDepth(0, 0, 0.0))
    assert (spool.accepted, spool.checkpoints) == (5, 2)


@pytest.mark.parametrize("begun", [0, 10, HEADER_BYTES])
def test_how_far_a_producer_was_is_known_though_it_died_beginning_a_segment(tmp_path: Path, begun: int) -> None:
    dead(tmp_path, [dataclasses.replace(each, withheld="2") for each in FIVE])
    header = Counts(accepted=5).header()
    (tmp_path / PRODUCER / f"{2:010d}-{7:016x}.segment").write_bytes(header[:begun])
    first = adopted(tmp_path)
    first.forget(first.last)
    first._lock.close()

    second = adopted(tmp_path)

    assert (held(second), second.accepted, second.withheld, second.damaged()) == ([], 5, "2", ())


@pytest.mark.parametrize(
    "damage", [None, b"", b"\0" * 28, b"CSCURSR1" + b"\xff" * 20], ids=["lost", "empty", "zeros", "wrong"]
)
def test_without_its_cursor_a_spool_is_sent_again_from_its_first_frame_on_disk(
    tmp_path: Path, damage: bytes | None
) -> None:
    dead(tmp_path, FIVE, forgotten=3)
    cursor = tmp_path / PRODUCER / "cursor"
    cursor.unlink() if damage is None else cursor.write_bytes(damage)

    assert held(adopted(tmp_path)) == FIVE


def test_an_adopter_that_dies_too_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)
    first = adopted(tmp_path)
    first.forget(first.read(None, 1)[0][0])
    added = first.append(frame(6))
    first.close()

    second = adopted(tmp_path)

    assert held(second) == [*FIVE[1:], frame(6)]
    assert second.last.segment == added.segment == 2


def test_a_removed_spool_leaves_nothing(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)

    adopted(tmp_path).remove()

    assert [path.name for path in tmp_path.iterdir()] == ["~lock"]
    assert directory(tmp_path).adopt() == []


def test_a_removal_that_was_cut_short_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "~web-1").mkdir()
    (tmp_path / "~web-1" / "0000000001-0000000000000000.segment").write_bytes(b"half")

    assert directory(tmp_path).adopt() == []
    assert [path.name for path in tmp_path.iterdir()] == ["~lock"]


def test_positions_compare_as_frames_were_written() -> None:
    first, second, third = Position(1, 9, 2), Position(1, 10, 1), Position(2, 1)

    assert sorted([third, second, first]) == [first, second, third]
