"""`tests.support.sdk_program` in a process of its own, and what it tells."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def program(root: Path, url: str, *more: str, deadline: float = 5) -> Iterator[subprocess.Popen[str]]:
    """With a spool in `root` and `deadline` seconds to close; killed at the end of the block."""
    command = [sys.executable, "-m", "tests.support.sdk_program", str(root), url, str(deadline), *more]
    environ = os.environ | KEYS | {"NO_PROXY": "127.0.0.1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def told_by(process: subprocess.Popen[str]) -> tuple[list[str], threading.Thread]:
    """Its whole lines: the first, and more as they come, and who reads them until it ends."""
    assert process.stdout is not None
    lines = process.stdout
    found = [lines.readline().strip()]
    reader = threading.Thread(target=lambda: found.extend(ln.strip() for ln in lines if ln.endswith("\n")), daemon=True)
    reader.start()
    return found, reader


def spools_in(root: Path) -> set[str]:
    """The producers that have one."""
    return {path.name for path in root.iterdir() if path.is_dir() and path.name != "damaged"}
