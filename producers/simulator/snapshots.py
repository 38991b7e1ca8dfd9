"""What the simulated shop's catalog sends: all of it at the start of the week, and what came after at its end."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from contract.generated.types import Item, User
from contract.times import format_instant
from producers.catalog.snapshot import Snapshot, pack
from producers.simulator.broken_items import BROKEN_ITEMS
from producers.simulator.catalog import catalog
from producers.simulator.settings import SimulationSettings

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogTruth:
    """What must become of a dataset's lines: `delivered` is rows, the others are lines that make none."""

    delivered: int
    superseded: int = 0  # a newer version of the same thing came
    deleted: int = 0  # tombstones: the newest version says it is gone
    broken_rules: Counter[str] = field(default_factory=Counter)

    @property
    def quarantined(self) -> int:
        return self.broken_rules.total()

    @property
    def lines(self) -> int:
        return self.delivered + self.superseded + self.deleted + self.quarantined


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which items change during the week: each at most once, the unpopular ones go."""

    changed: tuple[Item, ...]
    outdated: tuple[Item, ...]  # an old version comes late
    deleted: tuple[Item, ...]
    returned: tuple[Item, ...]  # deleted, then sold again
    broken: tuple[Item, ...]  # their new version cannot be read


def simulated_snapshots(settings: SimulationSettings) -> tuple[Snapshot, ...]:
    """Items, users, and later items again; the same for the same settings. Nothing is taken after `settings.end`."""
    all_of = catalog(settings)
    first = [_snapshot("items", settings, all_of.items), _snapshot("users", settings, all_of.users)]
    data, rows = pack(_delta(settings))
    later = Snapshot(dataset="items", taken_at=settings.end, data=data, rows=rows)
    return (*(s for s in first if s.rows), later)


def catalog_truth(settings: SimulationSettings) -> dict[str, CatalogTruth]:
    """By dataset, what a job must make of `simulated_snapshots`."""
    all_of, plan = catalog(settings), _plan(settings)
    gone = len(plan.deleted)
    items = CatalogTruth(
        delivered=settings.items - gone,
        superseded=len(plan.changed) + len(plan.outdated) + gone + 2 * len(plan.returned),
        deleted=gone,
        broken_rules=Counter(rule for rule, _ in BROKEN_ITEMS),
    )
    return {"items": items, "users": CatalogTruth(delivered=len(all_of.users))}


def _snapshot(dataset: str, settings: SimulationSettings, rows: tuple[Item, ...] | tuple[User, ...]) -> Snapshot:
    data, count = pack(map(_encode, rows))
    return Snapshot(dataset=dataset, taken_at=settings.start, data=data, rows=count)


def _plan(settings: SimulationSettings) -> _Plan:
    items = catalog(settings).items
    gone = max(1, settings.items // 100)
    kept = list(items[:-gone])
    random.Random(f"changes {settings.seed}").shuffle(kept)  # noqa: S311  # a simulation, no secret
    sizes = (max(1, settings.items // 20), max(1, settings.items // 50), 1, len(BROKEN_ITEMS))
    changed, outdated, returned, broken = (tuple(kept.pop() for _ in range(size)) for size in sizes)
    return _Plan(changed, outdated, items[-gone:], returned, broken)


def _delta(settings: SimulationSettings) -> list[bytes]:
    """In any order: it is the version that counts."""
    plan = _plan(settings)
    rng = random.Random(f"delta {settings.seed}")  # noqa: S311  # a simulation, no secret
    days = settings.end - settings.start

    def during(low: float, high: float) -> str:
        return format_instant(settings.start + days * rng.uniform(low, high))

    def dearer(item: Item, updated_at: str | None) -> bytes:
        return _encode(msgspec.structs.replace(item, price=(item.price or 0) + 1, updated_at=updated_at))

    lines = [dearer(item, during(0.1, 0.9) if n % 2 else None) for n, item in enumerate(plan.changed)]
    lines += [dearer(item, format_instant(settings.start - timedelta(days=30))) for item in plan.outdated]
    lines += [dearer(item, during(0.6, 0.9)) for item in plan.returned]
    gone = (*plan.deleted, *plan.returned)
    lines += [_encode(Item(item_id=item.item_id, updated_at=during(0.1, 0.5), deleted=True)) for item in gone]
    broken = zip(BROKEN_ITEMS, plan.broken, strict=True)
    lines += [break_(msgspec.to_builtins(item)) for (_, break_), item in broken]
    rng.shuffle(lines)
    return lines
