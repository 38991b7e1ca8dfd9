"""A deployment in memory that a reconciler can be let loose on, killed, and let loose on again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from consumers.bus import MemoryBus
from consumers.personalize_sync.lease import Lease
from consumers.personalize_sync.reconciling import Reconciler
from consumers.personalize_sync.running import Ended, Pace
from consumers.personalize_sync.settings import Settings, Surroundings, reconciler
from consumers.personalize_sync.settling import settle
from consumers.state_table import MemoryState
from tests.support.mortal import Fuse
from tests.support.reconciler_bucket import FakeS3
from tests.support.reconciler_personalize import FakePersonalize

START = 1_800_000_000.0
SETTINGS = Settings(
    deployment="shop-test",
    state_table="state",
    personalize_bucket="bucket",
    personalize_role_arn="arn:aws:iam::000000000000:role/personalize",
    bus="bus",
    aws_region="us-east-1",
    monthly_cap_usd=1_000,
    poll_seconds=1.0,
    lease_seconds=60.0,
)
ARN = "arn:aws:personalize:us-east-1:000000000000:"


@dataclass
class Mortal:
    """Passes calls on; at the end of the fuse the process dies, before that call or after it."""

    inner: Any
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name == "get_paginator":
            return lambda operation: Mortal(found(operation), self.fuse)
        return self._burning(found) if callable(found) else found

    def _burning(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            with self.fuse.burning():
                return call(*arguments, **named)

        return called


@dataclass
class Deployment:
    """Time passes only while somebody sleeps."""

    now: float = START
    settings: Settings = SETTINGS
    s3: FakeS3 = field(default_factory=FakeS3)
    state: MemoryState = field(default_factory=MemoryState)
    bus: MemoryBus = field(default_factory=MemoryBus)

    def __post_init__(self) -> None:
        self.personalize = FakePersonalize(self.clock)
        self._owners = (f"run-{number}" for number in itertools.count())

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def reconciler(self, fuse: Fuse | None = None) -> Reconciler:
        return reconciler(self.settings, self.surroundings(fuse), self.clock)

    def surroundings(self, fuse: Fuse | None = None) -> Surroundings:
        alive = (self.personalize, self.s3, self.state, self.bus)
        personalize, s3, state, bus = (Mortal(each, fuse) for each in alive) if fuse else alive
        return Surroundings(personalize=personalize, s3=s3, state=state, bus=bus)

    def lease(self, state: Any = None) -> Lease:
        return Lease(state or self.state, next(self._owners), self.settings.lease_seconds, self.clock)

    def settle(self, *, seconds: float = 3_000, fuse: Fuse | None = None) -> Ended:
        on = self.surroundings(fuse)
        pace = Pace(poll_seconds=1.0, until=self.now + seconds, clock=self.clock, sleep=self.sleep)
        return settle(lambda: reconciler(self.settings, on, self.clock), lambda: self.lease(on.state), pace)

    def round(self) -> Any:
        """One, without a lease."""
        return self.reconciler().round(lambda: None)

    def started(self, part: str) -> list[str]:
        """What of a kind was started, in order, without the front of its ARN."""
        return [arn.replace(ARN, "") for arn in self.personalize.started if part in arn]

    def news(self, detail_type: str) -> list[dict[str, Any]]:
        return [detail for kind, detail in self.bus.events if kind == detail_type]

    def end_state(self) -> dict[str, Any]:
        """All that must not depend on when it was killed: no times, and events once however often they were sent."""
        made = {arn: (self.personalize.status(m), m.body) for arn, m in self.personalize.made.items()}
        events = {(kind, detail["Arn"]) for kind, detail in self.bus.events if detail.get("Status") == "ACTIVE"}
        decisions = sorted(str(item["value"]) for (pk, _), item in self.state.items.items() if pk == "decision")
        resources = self.state.items.get(("personalize", "resources"))
        return {"made": made, "active": events, "decisions": decisions, "resources": resources}
