"""What was imported, and what was held."""

from __future__ import annotations

from tests.support.reconciler_world import Deployment


def imports(world: Deployment, dataset: str = "interactions") -> list[str]:
    """In the order in which they were started."""
    front = f"dataset-import-job/shop-test-{dataset}-"
    return [name.removeprefix(front) for name in world.started("dataset-import-job") if name.startswith(front)]


def held(world: Deployment) -> list[tuple[str, str]]:
    return [(detail["Manifest"], detail["Why"]) for detail in world.news("Personalize Import Held")]


def key(number: int, dataset: str = "interactions") -> str:
    return f"_ready/{dataset}/{number:010d}.json"
