"""The real collector, `python -m producers.collector`, in a process of its own, with a spool."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from producers.sdk.spool.frames import Found, decode_body
from producers.sdk.spool.segments import segments_in, walk

_KIB = 1024


@dataclass
class CollectorProcess:
    process: subprocess.Popen[str]
    port: int
    root: Path

    @property
    def peak_bytes(self) -> int:
        """Of memory that was resident, since it began."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return _KIB * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; 0 where nobody answers."""
        return self._ask("GET", path)

    def post(self, body: str, *, write_key: str) -> int:
        """Status of the answer to events; 0 where nobody answers."""
        headers = {"content-type": "application/json", "x-write-key": write_key}
        return self._ask("POST", "/v1/events", body, headers)[0]

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """One without labels, or the first that it has."""
        lines = [line for line in self.get("/metrics")[1].splitlines() if line.startswith(name)]
        return float(lines[0].split()[-1])

    def stop(self, seconds: float) -> int:
        """Ask it to end, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@contextmanager
def collector_process(root: Path, stream_url: str, log: Path, **settings: object) -> Iterator[CollectorProcess]:
    """Ready for requests; killed at the end of the block where it still runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = {"stream": "clicks", "port": port, "spool_root": root, **settings}
    with log.open("a") as out:
        command = [sys.executable, "-m", "producers.collector"]
        with subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, text=True, env=_environ(stream_url, told)
        ) as process:
            collector = CollectorProcess(process, port, root)
            try:
                _wait_ready(collector, log)
                yield collector
            finally:
                process.kill()


def waiting_in(root: Path) -> Iterator[bytes]:
    """The lines in all spools, delivered ones too where they are still on disk."""
    for folder in (path for path in root.iterdir() if path.is_dir() and path.name[0] != "~"):
        for segment in segments_in(folder):
            try:
                for found in walk(segment):
                    if isinstance(found, Found):
                        yield from (line for _, line in decode_body(found.body).entries)
            except FileNotFoundError:  # all of it was delivered meanwhile
                continue


def _environ(stream_url: str, told: Mapping[str, object]) -> dict[str, str]:
    return {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_KINESIS": stream_url,
        "NO_PROXY": "127.0.0.1",
        **{f"COLLECTOR_{name.upper()}": str(value) for name, value in told.items()},
    }


def _wait_ready(collector: CollectorProcess, log: Path) -> None:
    end = time.monotonic() + 20
    while collector.get("/ready")[0] != 200:
        if collector.process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"the collector did not start: {log.read_text()}")
        time.sleep(0.02)
