"""The collector as a load's target: requests over kept connections, a thread each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.exceptions import TimeoutError as HttpTimeoutError

from contract.errors import ConfigurationError
from operations.send.running import Line
from operations.send.tally import Answer

PATH: Final = "/v1/events"
MOST_CONNECTIONS: Final = 256
_ANSWER_SECONDS: Final = 30.0  # no gateway waits for longer
_ACCEPTED: Final = 202


class Verdict(msgspec.Struct, frozen=True):
    """What the collector answers to a batch."""

    accepted: int
    rejected: int


_read_verdict = msgspec.json.Decoder(Verdict).decode


class CollectorTarget:
    """Nothing is tried again: a refused request counts as refused, with its status."""

    def __init__(self, url: str, *, write_key: str, connections: int) -> None:
        """Raises `ConfigurationError` for an address that is none."""
        _require_address(url)
        if not 1 <= connections <= MOST_CONNECTIONS:
            raise ConfigurationError(f"--connections {connections}: choose from 1 to {MOST_CONNECTIONS}")
        self.name = f"collector at {url}"
        self._url = url.rstrip("/") + PATH
        self._headers = {"content-type": "application/json", **({"x-write-key": write_key} if write_key else {})}
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=connections, block=True, retries=False)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="send")

    def send(self, lines: Sequence[Line]) -> asyncio.Future[Answer]:
        """Waits for a free connection where all are taken; the latency has that, too."""
        body = b"[" + b",".join(line[:-1] for _, line in lines) + b"]"
        return asyncio.get_running_loop().run_in_executor(self._threads, self._post, body)

    def close(self) -> None:
        """What is under way ends first."""
        self._threads.shutdown(cancel_futures=True)
        self._pool.clear()

    def _post(self, body: bytes) -> Answer:
        try:
            response = self._pool.request(
                "POST", self._url, body=body, headers=self._headers, timeout=_ANSWER_SECONDS, redirect=False
            )
        except HTTPError as error:
            return Answer(failure=_reason(error))
        if response.status != _ACCEPTED:
            return Answer(failure=f"answer {response.status}")
        try:
            verdict = _read_verdict(response.data)
        except msgspec.DecodeError:
            return Answer(failure="an answer that is none of the collector's")
        return Answer(accepted=verdict.accepted, rejected=verdict.rejected)


def _require_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"--url {url!r}: an address as https://collector.example is")


def _reason(error: HTTPError) -> str:
    """The kind of trouble: what is counted is no place for addresses and times."""
    found = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(found, HttpTimeoutError) and not isinstance(found, NewConnectionError):
        return "no answer in time"
    return "no connection" if isinstance(found, NewConnectionError) else "the connection broke"
