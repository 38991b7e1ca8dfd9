"""`clickstream spool`: what lies on a machine is shown, checked, and sent once nobody else will."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from contract.checkpoints import Checkpoint, encode_checkpoint, parse_checkpoint
from contract.errors import ConfigurationError, TransientError
from contract.ranges import Ranges
from operations.cli import main
from operations.spool.command import orphans, send_orphans
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.spool.frames import Frame
from producers.sdk.spool.inspect import Inspected, inspect
from tests.factories import NOW, FakeClock
from tests.support.spools import PRODUCER, adopted, dead, directory, frame, held

pytestmark = pytest.mark.integration

FIVE = [frame(number) for number in range(1, 6)]
NOW_MS = int(NOW.timestamp() * 1000)


def shown() -> tuple[Console, Callable[[], list[str]]]:
    text = io.StringIO()
    return Console(file=text, width=140), lambda: text.getvalue().splitlines()


def checkpoint(number: int, *, accepted: int, final: bool, withdrawn: str = "") -> bytes:
    return encode_checkpoint(
        Checkpoint(
            producer_id=PRODUCER,
            number=number,
            accepted=accepted,
            at=NOW,
            final=final,
            withdrawn=Ranges.parse(withdrawn),
        )
    )


def test_a_spool_is_shown_with_its_owner_and_what_is_left_in_it(tmp_path: Path) -> None:
    dead(tmp_path, FIVE, forgotten=2)
    alive = directory(tmp_path).open("web-2")
    alive.append(frame(1))
    size = alive.depth().bytes
    clear = {"frames": 1, "undelivered": 1, "undelivered_bytes": size, "torn_bytes": 0, "damaged": ()}

    assert inspect(tmp_path, now_ms=NOW_MS + 60_000) == [
        Inspected(
            producer_id=PRODUCER,
            is_alive=False,
            frames=5,
            undelivered=3,
            undelivered_bytes=3 * size,
            oldest_seconds=60.0,
            torn_bytes=0,
            damaged=(),
        ),
        Inspected(producer_id="web-2", is_alive=True, oldest_seconds=60.0, **clear),  # type: ignore[arg-type]
    ]
    assert inspect(tmp_path, now_ms=NOW_MS - 60_000)[0].oldest_seconds == 0.0


def test_list_takes_no_spool_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dead(tmp_path, FIVE)
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))

    assert main(["spool", "list", "--root", str(tmp_path)]) == 0

    assert "│ web-1" in capsys.readouterr().out
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_verify_names_what_is_damaged_and_where_its_bytes_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dead(tmp_path, FIVE)
    assert main(["spool", "verify", "--root", str(tmp_path)]) == 0
    [segment] = (tmp_path / PRODUCER).glob("*.segment")
    data = bytearray(segment.read_bytes())
    data[data.index(b'"n":1')] ^= 1
    segment.write_bytes(data[:-1])

    assert main(["spool", "verify", "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    size = len(data) // 5 - 5
    assert "web-1: 3 batches are good" in said
    assert "begun and never acknowledged" in said
    assert f"damaged web-1/{segment.name}: " in said
    assert f"{size} bytes from 28" in said.replace("\n", " ")
    adopted(tmp_path).remove()
    assert main(["spool", "verify", "--root", str(tmp_path)]) == 1
    assert "damaged bytes of an earlier spool" in capsys.readouterr().out


def test_a_root_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spool", "list", "--root", str(tmp_path)]) == 2
    assert "cannot be looked at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_send_delivers_every_frame_and_then_the_last_checkpoint(tmp_path: Path) -> None:
    told = checkpoint(1, accepted=3, final=False)
    dead(tmp_path, [*FIVE, Frame(((PRODUCER, told),), 7, 1, "6-7")])
    stream = MemoryStream()
    console, lines = shown()

    send_orphans(tmp_path, [PRODUCER], stream, FakeClock(), console)

    assert [record.data for record in stream.lines] == [
        *(each.entries[0][1] for each in FIVE),
        told,
        checkpoint(2, accepted=7, final=True, withdrawn="6-7"),
    ]
    assert [record.key for record in stream.lines] == ["u-1", "u-2", "u-3", "u-4", "u-5", PRODUCER, PRODUCER]
    assert lines() == ["6 of 6 batches, 6 lines", "web-1: 6 lines and its last checkpoint are on the stream"]
    assert directory(tmp_path).adopt() == []


def test_a_long_list_of_withdrawn_numbers_takes_several_checkpoints(tmp_path: Path) -> None:
    numbers = Ranges.of(range(1, 10_000, 2))
    dead(tmp_path, [Frame((), 10_000, 3, str(numbers))])
    stream = MemoryStream()

    send_orphans(tmp_path, [PRODUCER], stream, FakeClock(), shown()[0])

    told = [found for record in stream.lines if (found := parse_checkpoint(record.data))]
    assert [each.number for each in told] == list(range(4, 4 + len(told)))
    assert [each.final for each in told] == [False] * (len(told) - 1) + [True]
    assert Ranges.join(pair for each in told for pair in each.withdrawn.pairs) == numbers
    assert max(len(str(each.withdrawn)) for each in told) <= 4_000


def test_what_the_stream_does_not_take_stays_in_the_spool(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)
    busy = Answer(raises=TransientError("no stream"))

    with pytest.raises(TransientError):
        send_orphans(tmp_path, [PRODUCER], MemoryStream([busy] * 100), FakeClock(), shown()[0])

    assert held(adopted(tmp_path)) == FIVE


def test_a_living_process_keeps_its_spool(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)
    directory(tmp_path).open("web-2")
    console, lines = shown()

    assert orphans(tmp_path, [], console) == [PRODUCER]
    assert lines() == ["web-2: left alone, its process lives and sends it itself"]
    with pytest.raises(ConfigurationError, match="process that lives"):
        orphans(tmp_path, ["web-2"], console)
    with pytest.raises(ConfigurationError, match="no spool web-3"):
        orphans(tmp_path, ["web-3"], console)


def test_a_spool_that_cannot_be_read_is_named_and_keeps_no_other_from_being_sent(tmp_path: Path) -> None:
    dead(tmp_path, FIVE)
    unreadable = directory(tmp_path).open("web-0")
    unreadable.append(frame(1))
    unreadable.close()
    [segment] = (tmp_path / "web-0").glob("*.segment")
    segment.unlink()
    segment.mkdir()
    stream, (console, lines) = MemoryStream(), shown()

    wanted = orphans(tmp_path, [], console)
    is_well = send_orphans(tmp_path, wanted, stream, FakeClock(), console)

    assert (wanted, is_well, len(stream.lines)) == (["web-0", PRODUCER], False, 6)
    assert lines()[0].startswith("web-0: left alone, [Errno 21] Is a directory")
    with pytest.raises(ConfigurationError, match="cannot be looked at"):
        inspect(tmp_path, now_ms=0)


def test_an_owner_that_comes_first_is_told(tmp_path: Path) -> None:
    directory(tmp_path).open("web-2")
    console, lines = shown()

    assert send_orphans(tmp_path, ["web-2"], MemoryStream(), FakeClock(), console)

    assert lines() == ["web-2: left alone, another process has taken it meanwhile"]
