"""Keys of tokens over the network: whatever an issuer answers, a client is told to come again."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from producers.collector.access import Access
from producers.collector.key_sets import fetcher
from producers.collector.settings import ServerSettings
from producers.collector.tokens import JwksTokens
from producers.collector.worker import Worker
from producers.sdk.memory import MemoryStream
from tests.factories import FakeClock
from tests.support.collector_world import WEB, CollectorWorld, header
from tests.support.loopback_certificate import certificate
from tests.support.scripted_http import nothing_between

pytestmark = pytest.mark.integration

UNKNOWN = b"Bearer eyJhbGciOiJFZERTQSIsImtpZCI6IjIifQ.e30.AA"
"""Of a key that is named 2."""


class Issuer:
    """Says the same bytes to whoever asks, and hangs up."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.url = ""


def http(body: bytes, status: str = "200 OK", **headers: object) -> bytes:
    named = {"content-length": len(body), **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode() + body


GOOD = http(
    json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "1", "x": "A" * 43}]}).encode()
)


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """One that is trusted."""
    nothing_between(monkeypatch)
    bundle = certificate(tmp_path / "pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(bundle)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        issuer = Issuer(GOOD)
        issuer.url = f"https://127.0.0.1:{listener.getsockname()[1]}/keys"
        threading.Thread(target=serve, args=(listener, tls, issuer), daemon=True).start()
        yield issuer
        listener.shutdown(socket.SHUT_RDWR)


def serve(listener: socket.socket, tls: ssl.SSLContext, issuer: Issuer) -> None:
    with contextlib.suppress(OSError):  # the test is over
        while True:
            connection, _ = listener.accept()
            with contextlib.suppress(OSError), tls.wrap_socket(connection, server_side=True) as spoken:
                spoken.recv(65_536)
                spoken.sendall(issuer.answer)


ANSWERS = {
    "nothing": b"",
    "no HTTP": b"220 mail.example ESMTP\r\n",
    "a line without end": b"HTTP/1.1 200 " + b"x" * 70_000,
    "half a chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n{",
    "an error": http(b"", "500 Internal Server Error"),
    "no JSON": http(b"<html>"),
    "brackets alone": http(b"[" * 100_000),
    "no keys": http(b'{"keys": []}'),
    "more than keys": http(b" " * 1_000_001),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_issuer_that_answers_no_keys_has_clients_come_again(issuer: Issuer, answer: bytes) -> None:
    clock = FakeClock()
    tokens = JwksTokens(fetcher(issuer.url), issuer="i", audience="a", monotonic=clock.monotonic)
    world = CollectorWorld(access=Access([WEB], monotonic=clock.monotonic, tokens=tokens))
    unknown = world.post(b"[]", authorization=UNKNOWN)
    issuer.answer = answer
    clock.pass_seconds(61)

    told = world.post(b"[]", authorization=UNKNOWN)

    assert unknown.status == 401
    assert (told.status, header(told, b"retry-after")) == (503, b"5")


def test_an_issuer_that_sends_on_is_followed_over_tls_alone(issuer: Issuer) -> None:
    fetch = fetcher(issuer.url)
    issuer.answer = http(b"", "302 Found", location="http://127.0.0.1:1/keys")
    with pytest.raises(OSError, match="without TLS"):
        fetch()
    issuer.answer = http(b"", "302 Found", location=issuer.url)
    with pytest.raises(OSError, match="infinite loop"):  # it was followed
        fetch()


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_issuer_that_answers_no_keys_stops_the_start(issuer: Issuer, answer: bytes) -> None:
    settings = ServerSettings(stream="s", jwks=issuer.url, jwt_issuer="i", jwt_audience="a")
    issuer.answer = answer

    with pytest.raises(ConfigurationError):
        Worker(settings, stream=MemoryStream, clock=FakeClock()).check()
