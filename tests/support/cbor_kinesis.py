"""A server that speaks the CBOR of AWS's Java SDK to its client and JSON to a Kinesis that knows no other."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3
from botocore.parsers import BaseCBORParser

_CBOR = "application/x-amz-cbor-1.1"
_parser = BaseCBORParser()


@contextlib.contextmanager
def in_cbor(kinesis_url: str) -> Iterator[str]:
    """Its address, for the length of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(kinesis_url))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(kinesis_url: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            if self.headers["content-type"] != _CBOR:
                self.send_error(415)
                return
            asked = self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(_read(asked), default=_base64).encode()
            headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": self.headers["x-amz-target"]}
            headers["authorization"] = self.headers["authorization"]
            answer = urllib3.request("POST", kinesis_url, body=body, headers=headers)
            written = _written(json.loads(answer.data))
            self.send_response(answer.status)
            self.send_header("content-type", _CBOR)
            self.send_header("content-length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None: ...

    return Handler


def _read(body: bytes) -> Any:
    return _parser.parse_data_item(_parser.get_peekable_stream_from_bytes(body))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _written(value: Any) -> bytes:
    """As Java's writers do: maps and lists do not say how long they are."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return b"\x1b" + value.to_bytes(8, "big")
        case str():
            return b"\x7a" + len(value.encode()).to_bytes(4, "big") + value.encode()
        case list():
            return b"\x9f" + b"".join(map(_written, value)) + b"\xff"
    return b"\xbf" + b"".join(_written(part) for pair in value.items() for part in pair) + b"\xff"
