"""Where nothing was compiled, the same records go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract import native

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
SEND = """
from contract import native
from producers.sdk.clock import SystemClock
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer

stream = MemoryStream(shards=4)
with EventProducer(stream, clock=SystemClock(), producer_id="web-1") as producer:
    for number in range(3_000):
        producer.send_raw(f"u-{number % 700}", b'{"event_id":"e-%d"}\\n' % number)
        if number % 500 == 0:
            producer.put_foreign("x", b"\\xff a stranger")
print("plain" if native.load() is None else "compiled")
for line in sorted(record.data for record in stream.lines if b"checkpoint" not in record.data):
    print(line.hex())
"""


def sent(folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SEND], cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_the_same_lines_arrive(tmp_path: Path) -> None:
    for package in ("contract", "producers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))

    how, *lines = sent(tmp_path)

    assert (how, len(lines)) == ("plain", 3_006)
    assert ["compiled", *lines] == sent(ROOT)
    assert native.load() is not None
