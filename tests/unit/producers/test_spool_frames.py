"""Frames come back as they were written, whatever happened to the bytes around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.sdk.spool.frames import (
    MARK,
    Bad,
    Found,
    Frame,
    Stamp,
    decode_body,
    encode_body,
    head_of,
    scan,
    stamp_of,
)

pytestmark = pytest.mark.unit

SALT = b"8 bytes."
entries = st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=30)), max_size=6).map(tuple)
frames = st.builds(
    Frame,
    entries=entries,
    accepted=st.integers(0, 2**63),
    checkpoints=st.integers(0, 2**40),
    withheld=st.sampled_from(["", "4,7-9"]),
)


def frame(number: int, *lines: bytes) -> Frame:
    return Frame(tuple((f"u-{number}", line) for line in lines or (b'{"n":%d}\n' % number,)), number, 0)


def written(given_frames: list[Frame], *, salt: bytes = SALT) -> tuple[bytes, list[int]]:
    """A segment's bytes, and where each frame ends."""
    data, ends = b"", []
    for each in given_frames:
        body = encode_body(each, written_ms=7)
        data += head_of(body, salt=salt, at=len(data)) + body
        ends.append(len(data))
    return data, ends


def good_of(data: bytes) -> list[Frame]:
    return [decode_body(found.body) for found in scan(data, salt=SALT, start=0) if isinstance(found, Found)]


def bad_of(data: bytes) -> list[Bad]:
    return [found for found in scan(data, salt=SALT, start=0) if isinstance(found, Bad)]


THREE = [frame(1), frame(2, b"a\n", b"", b"\xff" * 30), frame(3)]


@given(given_frames=st.lists(frames, max_size=4))
def test_frames_come_back_as_they_were_written_and_in_order(given_frames: list[Frame]) -> None:
    data, ends = written(given_frames)
    found = list(scan(data, salt=SALT, start=0))

    assert [decode_body(each.body) for each in found if isinstance(each, Found)] == given_frames
    assert [each.end for each in found] == ends


def test_a_frame_of_keys_that_are_no_text_comes_back_too() -> None:
    odd = Frame((("\ud83d", b"x\n"), ("ü\0", b"y\n")), 2, 1)

    assert decode_body(encode_body(odd, written_ms=0)) == odd


def test_a_stamp_is_the_frame_without_its_entries() -> None:
    body = encode_body(Frame((("u", b"x\n"),), 9, 2, "4,7-8"), written_ms=1_000)

    assert stamp_of(body) == Stamp(accepted=9, checkpoints=2, written_ms=1_000, withheld="4,7-8")


def test_every_damaged_byte_costs_the_frame_that_it_is_in_and_no_other() -> None:
    data, ends = written(THREE)
    for offset in range(len(data)):
        hurt = bytearray(data)
        hurt[offset] ^= 0x10
        hit = next(place for place, end in enumerate(ends) if offset < end)

        assert good_of(bytes(hurt)) == [each for place, each in enumerate(THREE) if place != hit], offset
        assert bad_of(bytes(hurt)) == [Bad(ends[hit - 1] if hit else 0, ends[hit], torn=False)], offset


def test_a_tail_that_is_torn_anywhere_leaves_the_frames_before_it() -> None:
    data, ends = written(THREE)
    for length in range(len(data)):
        whole = sum(end <= length for end in ends)
        rest = ([0, *ends])[whole]

        assert good_of(data[:length]) == THREE[:whole], length
        assert bad_of(data[:length]) == ([Bad(rest, length, torn=True)] if rest < length else []), length


@given(given_frames=st.lists(frames, min_size=1, max_size=6), data=st.data())
def test_a_damaged_stretch_costs_the_frames_that_it_touches(given_frames: list[Frame], data: st.DataObject) -> None:
    whole, ends = written(given_frames)
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    hurt = whole[:start] + bytes(byte ^ 0xA5 for byte in whole[start:end]) + whole[end:]

    spans = zip([0, *ends], ends, given_frames, strict=False)
    untouched = [each for begin, stop, each in spans if stop <= start or begin >= end]
    assert good_of(hurt) == untouched


def test_damage_and_a_torn_tail_behind_it_are_told_apart() -> None:
    data, ends = written(THREE)
    hurt = bytearray(data[:-1])
    hurt[ends[0] + 5] ^= 1

    assert bad_of(bytes(hurt)) == [Bad(ends[0], ends[1], torn=False), Bad(ends[1], len(data) - 1, torn=True)]


def test_a_tail_of_zeros_as_a_crashed_machine_leaves_it_is_damage() -> None:
    data, ends = written(THREE)

    assert good_of(data + bytes(50)) == THREE
    assert bad_of(data + bytes(50)) == [Bad(ends[-1], ends[-1] + 50, torn=False)]


@pytest.mark.parametrize(("salt", "moved"), [(b"another.", 0), (SALT, 1)], ids=["forged", "of another place"])
def test_a_frame_inside_of_a_line_is_never_taken_for_one_of_ours(salt: bytes, moved: int) -> None:
    body = encode_body(frame(666), written_ms=0)
    at = written([frame(1), frame(2, b"x")])[1][-1]  # of what follows the "x"
    inner = head_of(body, salt=salt, at=at + moved) + body
    data, ends = written([frame(1), frame(2, b"x" + inner), frame(3)])
    assert data.index(inner) == at
    hurt = bytearray(data)
    hurt[ends[0] + 3] ^= 1

    assert good_of(bytes(hurt)) == [frame(1), frame(3)]


def test_lines_full_of_marks_cost_no_time_and_no_frame() -> None:
    data, ends = written([frame(1, MARK * 20_000), frame(2)])
    hurt = bytearray(data)
    hurt[0] ^= 1

    assert good_of(bytes(hurt)) == [frame(2)]
    assert bad_of(bytes(hurt)) == [Bad(0, ends[0], torn=False)]


def test_a_batch_that_no_reader_takes_is_refused() -> None:
    huge = Frame((("u", b"x" * 1024 * 1024),) * 257, 257, 0)

    with pytest.raises(ValueError, match="send smaller batches"):
        encode_body(huge, written_ms=0)
