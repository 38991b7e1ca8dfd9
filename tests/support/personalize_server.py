"""The Personalize emulator as a process, and an S3 for it to read from."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).parents[2]
KEYS: Final[dict[str, Any]] = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
_START_SECONDS = 20.0


@dataclass
class Server:
    """One process of the emulator; `kill` and `start` keep its data."""

    data: Path
    port: int
    s3_endpoint: str
    options: tuple[str, ...] = ()
    has_admin: bool = True
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, **config: Any) -> Any:
        """Plain boto3, without retries unless `config` says otherwise."""
        settings: Any = {"retries": {"total_max_attempts": 1}, **config}
        make: Any = boto3.client
        return make(service, endpoint_url=self.url, config=Config(**settings), **KEYS)

    def s3(self) -> Any:
        return boto3.client("s3", endpoint_url=self.s3_endpoint, **KEYS)

    def start(self) -> None:
        """Return once it answers."""
        command = [sys.executable, "-m", "personalize_local", "--port", str(self.port), "--data", str(self.data)]
        environ = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        environ["AWS_DEFAULT_REGION"] = "us-east-1"
        self.process = subprocess.Popen(
            [*command, "--s3-endpoint", self.s3_endpoint, *(["--admin"] if self.has_admin else []), *self.options],
            cwd=ROOT, env=environ, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        began = time.monotonic()
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                raise RuntimeError(f"the emulator did not start ({self.process.poll()})")
            time.sleep(0.01)

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def kill(self) -> None:
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def admin(self, method: str, name: str, body: bytes = b"") -> bytes:
        """The admin path: faults, clock, idle, state."""
        request = urllib.request.Request(f"{self.url}/_personalize/{name}", data=body or None, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=600) as response:  # noqa: S310
            answer: bytes = response.read()
            return answer

    def idle(self) -> None:
        """Wait until no job runs."""
        self.admin("POST", "idle")

    def _end(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=30)


@contextlib.contextmanager
def s3_server(bucket: str = "data") -> Iterator[str]:
    """An S3 in this process with one bucket; its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=url, **KEYS).create_bucket(Bucket=bucket)
    try:
        yield url
    finally:
        server.stop()


@contextlib.contextmanager
def running(data: Path, s3_endpoint: str, *options: str, admin: bool = True) -> Iterator[Server]:
    """The emulator for the length of the block."""
    server = Server(data=data, port=free_port(), s3_endpoint=s3_endpoint, options=options, has_admin=admin)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
