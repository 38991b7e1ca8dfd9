"""The environment of its own that peers run in: build/peers, of requirements/peers.lock, made where it is missing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "peers.lock"
_FOLDER = ROOT / "build" / "peers"
_UV = ROOT / ".venv" / "bin" / "uv"


def peers_python(say: Callable[[str], None]) -> Path:
    """The interpreter of build/peers; installs what the lock says where that is not what lies there."""
    python, installed = _FOLDER / "bin" / "python", _FOLDER / ".installed"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not installed.exists() or installed.read_text() != wanted:
        say(f"installing the peers of {LOCK.relative_to(ROOT)} into {_FOLDER.relative_to(ROOT)}")
        if not python.exists():
            _run(_UV, "venv", "--quiet", "--clear", "--python", sys.executable, _FOLDER)
        _run(_UV, "pip", "sync", "--quiet", "--python", python, "--require-hashes", LOCK)
        installed.write_text(wanted)
    return python


def run_beside_peers(python: Path, module: str, arguments: Sequence[str] = ()) -> str:
    """What the module prints, run by that interpreter with ours on its path; its errors go to ours.

    Raises `subprocess.CalledProcessError` where it fails.
    """
    command = [str(python), "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _run(*command: str | Path) -> None:
    # The machine's own certificate store, so that a company's proxy works too.
    subprocess.run(command, check=True, env={**os.environ, "UV_SYSTEM_CERTS": "1"})
