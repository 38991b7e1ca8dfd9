"""What a producer does when its process ends, forks, or is told to end. Each process is real."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from contract.checkpoints import parse_checkpoint
from tests.support.child_producer import read

pytestmark = pytest.mark.integration


def child(how: str, folder: Path, *, spool: bool = False) -> subprocess.Popen[bytes]:
    stream, root = folder / "stream", str(folder / "spool") if spool else ""
    command = [sys.executable, "-m", "tests.support.child_producer", how, str(stream), root]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def told(folder: Path) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Of each producer the numbers on the stream, and what its final checkpoint says."""
    lines = read(folder / "stream")
    final = {c.producer_id: c.accepted for line in lines if (c := parse_checkpoint(line)) and c.final}
    events = [json.loads(line) for line in lines if parse_checkpoint(line) is None]
    numbers: dict[str, list[int]] = {}
    for event in events:
        numbers.setdefault(event["producer_id"], []).append(event["producer_seq"])
    return {producer: sorted(seqs) for producer, seqs in numbers.items()}, final


@pytest.mark.parametrize("spool", [False, True])
def test_what_was_sent_is_delivered_at_the_end_of_the_interpreter(tmp_path: Path, *, spool: bool) -> None:
    assert child("exit", tmp_path, spool=spool).wait(20) == 0

    assert told(tmp_path) == ({"web-1": list(range(1, 11))}, {"web-1": 10})
    assert not spool or [path.name for path in (tmp_path / "spool").iterdir()] == ["~lock"]


@pytest.mark.parametrize("how", ["fork", "multiprocess"])
@pytest.mark.parametrize("spool", [False, True])
def test_a_forked_child_is_another_producer_and_the_parents_events_are_the_parents(
    tmp_path: Path, how: str, *, spool: bool
) -> None:
    assert child(how, tmp_path, spool=spool).wait(20) == 0

    numbers, final = told(tmp_path)
    [other] = numbers.keys() - {"web-1"}
    assert other.startswith("web-1-")
    assert numbers == {"web-1": list(range(1, 11 if how == "fork" else 6)), other: [1, 2, 3, 4, 5]}
    assert final == {producer: len(seqs) for producer, seqs in numbers.items()}
    users = Counter(json.loads(line).get("user_id") for line in read(tmp_path / "stream"))
    assert users == {"parent": len(numbers["web-1"]), "child": 5, None: 2}


@pytest.mark.parametrize("how", ["spawn", "forkserver"])
def test_a_started_child_that_has_a_producer_of_its_own_delivers_at_its_end(tmp_path: Path, how: str) -> None:
    assert child(how, tmp_path).wait(20) == 0

    assert told(tmp_path) == ({"web-1": [1, 2, 3, 4, 5], "web-2": [1, 2, 3, 4, 5]}, {"web-1": 5, "web-2": 5})


BROKEN = """
import os, signal, sys, time
from producers.sdk import lifecycle
from tests.support.child_producer import Silence
class Producer:
    def __init__(self, name):
        self.name = name
    def close(self, timeout=None):
        print(self.name, flush=True)
        raise RuntimeError("broken")
"""


def test_one_producer_that_breaks_at_the_end_of_the_interpreter_does_not_keep_others_from_closing() -> None:
    script = BROKEN + "for name in ('one', 'other'): lifecycle.opened(Producer(name), Silence())"

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)

    assert (ended.stdout.split(), ended.returncode) == (["one", "other"], 0)


def test_a_signal_ends_the_process_though_its_producer_breaks() -> None:
    script = BROKEN + (
        "lifecycle.close_on_signals(Producer('one'), 5, log=Silence())\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "time.sleep(5)"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)

    assert (ended.stdout.split(), ended.returncode) == (["one"], -signal.SIGTERM)


def test_behind_the_producers_comes_what_a_signal_did_before() -> None:
    script = BROKEN + (
        "signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))\n"
        "for name in ('one', 'other'): lifecycle.close_on_signals(Producer(name), 5, log=Silence())\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "time.sleep(5)"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)

    assert (ended.stdout.split(), ended.returncode) == (["other", "one"], 7)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("spool", [False, True])
def test_a_signal_under_load_costs_nothing_that_was_acknowledged(
    tmp_path: Path, number: signal.Signals, *, spool: bool
) -> None:
    process = child("signal", tmp_path, spool=spool)
    assert process.stdout is not None
    first = [int(process.stdout.readline()) for _ in range(20)]

    process.send_signal(number)
    out, _ = process.communicate(timeout=20)

    acknowledged = {*first, *map(int, out.split())}
    numbers, final = told(tmp_path)
    assert process.returncode == -number
    assert acknowledged <= set(numbers["web-1"])
    assert final == {"web-1": len(numbers["web-1"])}
