"""The local endpoint as other code sees it: start it, find it, ask it to drain, stop it."""

import contextlib
import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contract.errors import ConfigurationError
from infra.local.jars import ensure_jars
from infra.local.paths import ROOT, LocalPaths
from infra.local.server import client_environment

DEFAULT_PORT: Final = 4566
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 120.0  # the first end of a Spark process writes its archive of classes, on a busy machine slowly
_TAKEN: Final = os.strerror(errno.EADDRINUSE).lower()


class EndpointError(Exception):
    """The endpoint did not do what it was asked to; the message says where its log is."""


class _PortTakenError(EndpointError):
    """Someone else took the port between the look for a free one and the bind."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A running endpoint."""

    url: str
    pid: int
    paths: LocalPaths

    @classmethod
    def start(
        cls,
        *,
        port: int | None = None,
        paths: LocalPaths | None = None,
        warm_spark: bool = True,
        timed_delivery: bool = True,
        spark_memory: str = "4g",
        jars: Path | None = None,
    ) -> "Endpoint":
        """Start an endpoint and return once it answers; raises `EndpointError` when it does not.

        Without a port it is 4566 if that is free, else any free one. With `warm_spark` the Spark process
        starts beside it, so that the first job need not wait. Without `timed_delivery` Firehose delivers
        only when drained.
        """
        paths = paths or LocalPaths()
        running = cls.attach(paths)
        if running is not None:
            raise EndpointError(f"an endpoint runs already at {running.url}; stop it by `make down`")
        paths.logs.mkdir(parents=True, exist_ok=True)
        jars = jars or paths.jars
        ensure_jars(jars)  # here, where a person sees why it takes a moment
        options = ["--state", str(paths.state), "--logs", str(paths.logs), "--jars", str(jars)]
        options += ["--spark_memory", spark_memory, "--delivery", "timed" if timed_delivery else "on-demand"]
        options += ["--warm_spark"] if warm_spark else []
        try:
            endpoint = cls._launched(port or _free_port(DEFAULT_PORT), options, paths)
        except _PortTakenError:
            if port:
                raise
            endpoint = cls._launched(_free_port(0), options, paths)
        paths.endpoint.write_text(json.dumps({"url": endpoint.url, "pid": endpoint.pid}))
        return endpoint

    @classmethod
    def _launched(cls, port: int, options: list[str], paths: LocalPaths) -> "Endpoint":
        process = _launch(["--port", str(port), *options], log=cls._log_of(paths))
        endpoint = cls(url=f"http://127.0.0.1:{port}", pid=process.pid, paths=paths)
        endpoint._await_start(process)
        return endpoint

    @classmethod
    def attach(cls, paths: LocalPaths | None = None) -> "Endpoint | None":
        """The endpoint started earlier, if its process lives and answers."""
        paths = paths or LocalPaths()
        try:
            known = json.loads(paths.endpoint.read_text())
            endpoint = cls(url=known["url"], pid=known["pid"], paths=paths)
            os.kill(endpoint.pid, 0)
            return endpoint if endpoint._answers() else None
        except (OSError, ValueError, KeyError, EndpointError):
            return None

    @property
    def log(self) -> Path:
        """What the endpoint has to say."""
        return self._log_of(self.paths)

    def environment(self) -> dict[str, str]:
        """The AWS_* variables that make boto3 and the AWS CLI talk to this endpoint."""
        return client_environment(self.url)

    def health(self) -> dict[str, Any]:
        """What the runners are doing; raises `EndpointError` when the endpoint does not answer."""
        return self._ask("GET", "health", timeout_seconds=10)

    def drain(self, *, timeout_seconds: float = 1_800) -> dict[str, Any]:
        """Deliver what is in the streams and wait for the functions and jobs it wakes.

        Returns {"firehose": counts, "job_runs": [run], "failing": [batch that keeps failing],
        "given_up": [event], "undelivered": [reason]}; raises `EndpointError`.
        """
        return self._ask("POST", "drain", timeout_seconds=timeout_seconds)

    def faults(self, **orders: Mapping[str, Any]) -> None:
        """Order faults in the place of those before; without any, none. Raises `EndpointError`.

        Shares are from 0 to 1; the same `seed` strikes the same calls, counted from the order on.

        - `put_records={"throttle_share", "fail_share"}`: whole calls, or single records, are not written
        - `invoke={"function", "crash_share" or "crash_at": [n], "within_ms"}`: the process is killed within
          that time, or its answer is lost; `"timeout"`: seconds after which it is killed
        - `dynamodb={"table", "refuse_share"}`, `s3={"prefix", "refuse_share"}`: writes are refused
        """
        self._ask("POST", "faults", timeout_seconds=10, document=orders)

    def stop(self, *, within: float = _STOP_SECONDS) -> str:
        """Stop the endpoint, its state saved; says how it went. Raises `EndpointError` where it had to be killed."""
        began = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        while _alive(self.pid) and time.monotonic() - began < within:
            time.sleep(0.05)
        killed = _alive(self.pid)
        if killed:
            os.kill(self.pid, signal.SIGKILL)
        self.paths.endpoint.unlink(missing_ok=True)
        if killed:
            raise EndpointError(
                f"the local endpoint did not stop in {within:g} s and was killed: what it held in memory is "
                f"lost; see {self.log}"
            )
        return f"stopped in {time.monotonic() - began:.1f} s; its state is in {self.paths.state}"

    def _ask(
        self, method: str, path: str, *, timeout_seconds: float, document: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.url}/_clickstream/{path}", method=method, data=body)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=timeout_seconds) as response:  # noqa: S310
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise EndpointError(f"{json.load(error)['error']} (log: {self.log})") from error
        except OSError as error:
            raise EndpointError(f"no answer from {self.url}: {error} (log: {self.log})") from error

    def _answers(self) -> bool:
        # Another endpoint may have taken the port between the look for a free one and the bind.
        return bool(self.health()["pid"] == self.pid)

    def _await_start(self, process: "subprocess.Popen[bytes]") -> None:
        began = time.monotonic()
        while time.monotonic() - began < _START_SECONDS:
            if process.poll() is not None:
                tail = self.log.read_text(errors="replace")[-1_500:]
                kind = _PortTakenError if _TAKEN in tail.lower() else EndpointError
                raise kind(f"the endpoint ended at once ({process.returncode}): {tail}\nlog: {self.log}")
            with contextlib.suppress(EndpointError):
                if self._answers():
                    return
            time.sleep(0.05)
        with contextlib.suppress(EndpointError):  # the next one says more
            self.stop()
        raise EndpointError(f"the endpoint did not answer within {_START_SECONDS:.0f} s; see {self.log}")

    @staticmethod
    def _log_of(paths: LocalPaths) -> Path:
        return paths.logs / "endpoint.log"


def forget(paths: LocalPaths | None = None) -> None:
    """Delete what a stopped endpoint remembers; raises `ConfigurationError` while it runs."""
    paths = paths or LocalPaths()
    if Endpoint.attach(paths) is not None:
        raise ConfigurationError("the endpoint runs; stop it first by `make down`")
    shutil.rmtree(paths.state, ignore_errors=True)


def _launch(options: list[str], *, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as target:
        return subprocess.Popen(
            [sys.executable, "-m", "infra.local.server", *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=target,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                number: int = probe.getsockname()[1]
                return number
    raise EndpointError("no port is free")


def _alive(pid: int) -> bool:
    # A child of ours that ended stays visible until it is waited for.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
