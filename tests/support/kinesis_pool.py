"""The signed Kinesis with a pool of connections whose server answers as it is told."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any, cast

from botocore.credentials import Credentials
from urllib3 import HTTPConnectionPool, HTTPResponse

from contract.sigv4 import Signer
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.kinesis.wire import JsonWire, Wire
from producers.sdk.stream import Record
from tests.factories import FakeClock

URL = "https://kinesis.eu-west-1.amazonaws.com/"
RECORDS = [Record("u-1", b"1\n"), Record("u-2", b"2\n", "7")]
TAKEN = {"SequenceNumber": "1", "ShardId": "s-1"}
BOTH_TAKEN = {"FailedRecordCount": 0, "Records": [TAKEN, TAKEN]}
KEYS = Credentials("AKID", "secret", "a-token")


def said(body: Any, status: int = 200, **headers: str) -> HTTPResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HTTPResponse(io.BytesIO(content), {name.replace("_", "-"): value for name, value in headers.items()}, status)


def refused(code: str, status: int = 400, message: str = "why", **headers: str) -> HTTPResponse:
    return said({"__type": code, "message": message}, status, **headers)


@dataclass
class Pool:
    """Connections to a server that answers in turn; the last answer stays."""

    answers: list[HTTPResponse | Exception]
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def urlopen(self, method: str, path: str, body: bytes, headers: dict[str, str], **_: Any) -> HTTPResponse:
        assert (method, path) == ("POST", "/")
        self.asked.append((headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def kinesis(pool: Pool, *, keys: Any = KEYS, clock: FakeClock | None = None, wire: Wire | None = None) -> SignedKinesis:
    wire = wire or JsonWire()
    return SignedKinesis(
        "events",
        connect=lambda: cast("HTTPConnectionPool", pool),
        signer=Signer.of_url(URL, region="eu-west-1", service="kinesis", content_type=wire.content_type),
        credentials=keys,
        clock=clock or FakeClock(),
        wire=wire,
    )
