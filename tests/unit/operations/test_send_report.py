"""What a load came to is told whatever becomes of its target afterwards."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from contract.errors import TransientError
from operations.send.asked import LoadAsked
from operations.send.command import run_send
from operations.send.running import Line
from operations.send.tally import Answer

pytestmark = pytest.mark.unit


class Taking:
    """Takes everything."""

    name = "a target"

    def send(self, lines: Sequence[Line]) -> asyncio.Future[Answer]:
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        answered.set_result(Answer(accepted=len(lines)))
        return answered


@contextmanager
def that_cannot_be_left(_: LoadAsked) -> Iterator[Taking]:
    yield Taking()
    raise TransientError("not everything is on the stream")


def test_the_report_is_there_though_what_was_taken_cannot_be_delivered(tmp_path: Path) -> None:
    path, said = tmp_path / "report.json", io.StringIO()
    asked = LoadAsked(stage="local", to="sdk", rate=1_000, seconds=0.02, batch=5, users=20, report=path)

    with pytest.raises(TransientError, match="not everything"):
        run_send(asked, Console(file=said), that_cannot_be_left)

    assert json.loads(path.read_text())["accepted"] == 20
    assert "accepted 20, rejected 0, failed 0" in said.getvalue()
