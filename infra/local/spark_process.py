"""The parent's side of the warm Spark process: starts it, gives it tasks, kills it when it must."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from infra.local.java import class_archive, java_home
from infra.local.paths import ROOT

_START_SECONDS = 120.0
_RETIRE_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run of a script: everything is already on this machine's disk."""

    script: Path
    libraries: Sequence[Path]
    argv: Sequence[str]
    spark: Mapping[str, str]
    log: Path


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a task ended; `pid` is the process that ran it."""

    state: Literal["SUCCEEDED", "FAILED", "TIMEOUT"]
    pid: int | None
    error: str = ""


class SparkProcess:
    """At most one warm process; a new one takes its place when it dies."""

    def __init__(self, *, jars: Sequence[Path], environ: Mapping[str, str], log: Path, memory: str) -> None:
        self._jars, self._environ, self._log, self._memory = jars, environ, log, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[bytes, bytes] | None = None
        self._ready = False
        self._starting = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The warm process, if there is one."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if alive and self._process is not None else None

    @property
    def ready(self) -> bool:
        """Whether a task would start at once."""
        if self.pid is None or self._connection is None:
            return False
        return self._ready or self._connection.poll(0)  # its first message says that it is warm

    def start(self, *, warm_up: bool = True) -> None:
        """Start a process unless one is there; returns at once.

        Warming up is for when nothing waits: a job that does is quicker without.
        """
        with self._starting:
            if self.pid is not None:
                return
            self._discard()
            ours, theirs = socket.socketpair()
            with theirs, self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command(theirs.fileno(), warm_up=warm_up),
                    cwd=ROOT,
                    env={**self._environ, **_spark_environment(self._environ)},
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self._ready, self._connection = False, Connection(ours.detach())

    def run(self, task: Task, *, timeout_seconds: float, cancelled: Callable[[], bool]) -> Outcome:
        """Run `task` to its end, starting a process if need be; it is killed when time is up.

        A task `cancelled` before it reaches the process is not run; afterwards it takes a `kill`.
        """
        try:
            self._await_ready()
            if cancelled():
                return Outcome(state="FAILED", pid=None, error="cancelled")
            return self._run(task, timeout_seconds)
        except (EOFError, OSError) as error:
            pid, status = self._process.pid if self._process else None, self._discard()
            return Outcome(
                state="FAILED",
                pid=pid,
                error=f"the Spark process {pid} died ({status}) with the job in it: "
                f"{str(error) or type(error).__name__}; see {self._log}",
            )

    def kill(self) -> None:
        """Kill the process and the Java process below it; a `run` in another thread then fails."""
        # The socket stays open: whoever waits on it learns of the death from its end.
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def retire(self) -> None:
        """Let the process end by itself if it can leave its class archive for the next, else kill it."""
        if self._process is None or self._connection is None:
            return
        if self._ready and not class_archive(self._jars[0].parent).exists():
            self._connection.close()
            _await_end_of_group(self._process)
        self.kill()

    def _discard(self) -> str:
        """Make room for a new process; says how the old one ended."""
        self.kill()
        if self._connection is not None:
            self._connection.close()
        process, self._process, self._connection = self._process, None, None
        return f"exit status {process.wait()}" if process else "it was not running"

    def _command(self, handle: int, *, warm_up: bool) -> list[str]:
        jars = ",".join(str(jar) for jar in self._jars)
        options = [str(handle), jars, self._memory, "warm" if warm_up else "cold"]
        return [sys.executable, "-m", "infra.local.spark_worker", *options]

    def _await_ready(self) -> None:
        self.start(warm_up=False)
        if not self._ready:
            self._receive(_START_SECONDS)
            self._ready = True

    def _run(self, task: Task, timeout_seconds: float) -> Outcome:
        assert self._connection is not None  # noqa: S101 - start() opened it
        pid = self.pid
        self._connection.send_bytes(_encode(task))
        try:
            result = self._receive(timeout_seconds)
        except TimeoutError:
            self._discard()
            message = f"the job ran longer than its timeout of {timeout_seconds / 60:g} minutes"
            return Outcome(state="TIMEOUT", pid=pid, error=message)
        if result["retire"]:
            self._discard()
        if result["error"] is None:
            return Outcome(state="SUCCEEDED", pid=pid)
        return Outcome(state="FAILED", pid=pid, error=result["error"])

    def _receive(self, timeout_seconds: float) -> dict[str, Any]:
        assert self._connection is not None  # noqa: S101 - start() opened it
        if not self._connection.poll(timeout_seconds):
            raise TimeoutError(f"no answer in {timeout_seconds:g} s")
        message: dict[str, Any] = json.loads(self._connection.recv_bytes())
        return message


def _await_end_of_group(process: "subprocess.Popen[bytes]") -> None:
    """Java outlives the Python process that started it by the seconds that it takes to write the archive."""
    began = time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() - began < _RETIRE_SECONDS:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.05)


def _encode(task: Task) -> bytes:
    return json.dumps(
        {
            "script": str(task.script),
            "libraries": [str(library) for library in task.libraries],
            "argv": list(task.argv),
            "spark": dict(task.spark),
            "log": str(task.log),
        }
    ).encode()


def _spark_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        "JAVA_HOME": str(java_home(environ)),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": "UTC",
    }
