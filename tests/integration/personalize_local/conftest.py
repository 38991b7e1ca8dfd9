"""One emulator for the tests of this folder, and groups on it that go when their test ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.personalize_failures import HEADER, SHOP, delete_all
from tests.support.personalize_server import Server, running, s3_server
from tests.support.personalize_walk import INTERACTIONS, Walk, csv_of

_NAMES = iter(f"group-{number}" for number in range(1_000))


@pytest.fixture(scope="package")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture(scope="package")
def server(s3: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


@pytest.fixture
def empty(server: Server) -> Iterator[Walk]:
    """A group without datasets, of the five that an account may have."""
    walk = Walk(server, next(_NAMES))
    yield walk
    delete_all(walk)


@pytest.fixture
def walk(empty: Walk) -> Walk:
    """With an Interactions dataset that is empty."""
    empty.dataset("Interactions", INTERACTIONS)
    return empty


@pytest.fixture
def trained(walk: Walk) -> Walk:
    """With the shop's interactions."""
    walk.imported("Interactions", csv_of(HEADER, SHOP.interactions))
    return walk
