"""An HTTP server on loopback that answers as it is told and remembers what it was asked."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest

from tests.support.loopback_certificate import certificate

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """`connection` tells which requests came by the same one."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in small letters
    body: bytes
    connection: int


@dataclass
class ScriptedHttp:
    """`answer` is that of every request: "reset" breaks the connection, "silence" says nothing."""

    url: str
    answer: Answer | Literal["reset", "silence"] = field(default_factory=Answer)
    requests: list[Request] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def scripted_http(tls: ssl.SSLContext | None = None) -> Iterator[ScriptedHttp]:
    """For the length of the block, on a free port."""
    script = ScriptedHttp(url="")
    server = _Server(("127.0.0.1", 0), _handler(script))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    script.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield script
    finally:
        script.closed.set()
        server.shutdown()
        server.server_close()


def nothing_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, and no certificates but those that botocore brings, whatever this machine is told."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "aws_ca_bundle", "requests_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def trust(
    pem: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, answer: Answer, ask: Callable[[str], T]
) -> tuple[T, T, T, int]:
    """What comes of asking a server with a certificate of its own: as it is, once the variable `name` names that, and
    by another name than the certificate's; and how many requests arrived.
    """
    bundle = certificate(pem)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(bundle)
    with scripted_http(tls) as http:
        http.answer = answer
        stranger = ask(http.url)
        monkeypatch.setenv(name, str(bundle))
        known = ask(http.url)
        other_name = ask(http.url.replace("127.0.0.1", "localhost"))
    return stranger, known, other_name, len(http.requests)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


def _handler(script: ScriptedHttp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.requests.append(Request(self.command, self.path, headers, body, self.client_address[1]))
            if script.answer == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            elif script.answer == "silence":
                script.closed.wait()
                self.close_connection = True
            else:
                self._say(script.answer)

        def _say(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None: ...

    return Handler
