"""Who connects while many are served."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

import pytest

from tests.support.collector_server import served

pytestmark = pytest.mark.integration

HOLDING, COMING = 16, 48
REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


def test_new_connections_do_not_wait_for_all_that_the_old_ones_ask() -> None:
    with served("tests.support.collector_crowd", "0") as server, ExitStack() as stack:
        port = int(server.url.rpartition(":")[2])
        stack.enter_context(asking_again_and_again(port))
        coming = [stack.enter_context(connected(port)) for _ in range(COMING)]
        for connection in coming:
            connection.sendall(REQUEST)
        numbers = [number_of(connection) for connection in coming]

    assert max(numbers) - min(numbers) < 3 * COMING  # one a turn, and all who hold a connection would come between


@contextmanager
def asking_again_and_again(port: int) -> Iterator[None]:
    """Over connections that are kept: as soon as each has its answer it asks again."""
    is_over = Event()
    threads = [Thread(target=ask_until, args=(port, is_over)) for _ in range(HOLDING)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def ask_until(port: int, is_over: Event) -> None:
    with connected(port) as connection:
        while not is_over.is_set():
            connection.sendall(REQUEST)
            number_of(connection)


def connected(port: int) -> socket.socket:
    """The server says where it listens before it does."""
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError


def number_of(connection: socket.socket) -> int:
    """The answer's body, which comes in one piece with its head."""
    head, _, body = connection.recv(4_096).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    return int(body)
