"""Emulators in this process, closed after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.personalize_world import World

MakeWorld = Callable[[float | None], World]


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    made: list[World] = []

    def make(speed: float | None) -> World:
        made.append(World(tmp_path / f"world-{len(made)}", speed=speed))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """At an instant clock."""
    return make_world(None)


@pytest.fixture
def slow(make_world: MakeWorld) -> World:
    """As slow as AWS, until a test advances the clock."""
    return make_world(1.0)
