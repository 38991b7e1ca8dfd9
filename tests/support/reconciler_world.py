"""A deployment in memory that a reconciler can be let loose on, killed, and let loose on again."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consumers.bus import MemoryBus
from consumers.personalize_sync.lease import Lease
from consumers.personalize_sync.reconciling import Reconciler
from consumers.personalize_sync.running import Ended, Pace
from consumers.personalize_sync.settings import Settings, Surroundings, reconciler
from consumers.state_table import MemoryState
from tests.support.mortal import Fuse
from tests.support.reconciler_bucket import FakeS3, publish_all
from tests.support.reconciler_personalize import FakePersonalize
from tests.support.reconciler_settling import settle

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
    lease_seconds=5.0,
)
ARN = "arn:aws:personalize:us-east-1:000000000000:"
SOLUTION = f"{ARN}solution/shop-test-user-personalization"
CAMPAIGN = f"{ARN}campaign/shop-test-user-personalization"
BETTER = {"normalized_discounted_cumulative_gain_at_25": 0.3}  # than popularity, which has 0.2
EFFECTS = ("create", "update", "put", "replace", "delete")  # all others only read


@dataclass
class Mortal:
    """Passes calls on; at the end of the fuse the process dies, before that call or after it."""

    inner: Any
    fuse: Fuse
    reads: bool = False  # whether what only reads burns the fuse too

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name == "get_paginator":
            return lambda operation: Mortal(found(operation), self.fuse, self.reads)
        return self._burning(found) if callable(found) and (self.reads or name.startswith(EFFECTS)) else found

    def _burning(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            with self.fuse.burning():
                return call(*arguments, **named)

        return called


@dataclass
class Deployment:
    """Time passes only while somebody sleeps: by what he asked for, times `rate`."""

    now: float = START
    rate: float = 1.0
    settings: Settings = SETTINGS
    s3: FakeS3 = field(default_factory=FakeS3)
    state: MemoryState = field(default_factory=MemoryState)
    bus: MemoryBus = field(default_factory=MemoryBus)

    @classmethod
    def published(cls, **facts: Any) -> Deployment:
        """With one FULL publication of each dataset, of which a good model can be made."""
        made = cls(**facts)
        made.personalize.metrics["user-personalization"] = BETTER
        publish_all(made.s3)
        return made

    def __post_init__(self) -> None:
        self.personalize = FakePersonalize(self.clock, batch=self._answer)
        self.lists: dict[str, dict[str, list[str]]] = {}  # by a part of a version's ARN, by user
        self._owners = (f"run-{number}" for number in itertools.count())

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds * self.rate

    def reconciler(self, fuse: Fuse | None = None) -> Reconciler:
        return reconciler(self.settings, self.surroundings(fuse), self.clock)

    def surroundings(self, fuse: Fuse | None = None, *, reads: bool = False) -> Surroundings:
        alive = (self.personalize, self.s3, self.state, self.bus)
        personalize, s3, state, bus = (Mortal(each, fuse, reads) for each in alive) if fuse else alive
        return Surroundings(personalize=personalize, s3=s3, state=state, bus=bus)

    def lease(self, state: Any = None) -> Lease:
        return Lease(state or self.state, next(self._owners), self.settings.lease_seconds, self.clock)

    def settle(self, *, seconds: float = 3_000, fuse: Fuse | None = None, reads: bool = False) -> Ended:
        """`fuse`: burns with every effect, and, where `reads`, with all else too."""
        return self.settle_on(self.surroundings(fuse, reads=reads), seconds=seconds)

    def settle_on(self, on: Surroundings, *, seconds: float = 3_000, lease_state: Any = None) -> Ended:
        pace = Pace(poll_seconds=1.0, until=self.now + seconds, clock=self.clock, sleep=self.sleep)
        return settle(
            lambda: reconciler(self.settings, on, self.clock), lambda: self.lease(lease_state or on.state), pace
        )

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
        told = {(kind, str(detail.get("Arn", detail.get("Decision")))) for kind, detail in self.bus.events}
        resources = self.state.items.get(("personalize", "resources"))
        return {"made": made, "told": told, "decided": self.decisions(), "resources": resources}

    def decisions(self) -> list[tuple[str, str, str]]:
        """Kind, decision and what about, in order of kind; each entry for people once."""
        found = [json.loads(item["value"]) for (pk, _), item in self.state.items.items() if pk == "decision"]
        return sorted((each["kind"], each["decision"], each["key"].replace(ARN, "")) for each in found)

    def _answer(self, request: Mapping[str, Any]) -> None:
        """What a batch inference job leaves in the bucket."""
        key = request["jobInput"]["s3DataSource"]["path"].removeprefix("s3://bucket/")
        users = [json.loads(line)["userId"] for line in self.s3.objects[key].splitlines()]
        lists = next((found for part, found in self.lists.items() if part in request["solutionVersionArn"]), {})
        lines = [
            json.dumps({"input": {"userId": user}, "output": {"recommendedItems": lists.get(user, [])}, "error": None})
            for user in users
        ]
        folder = request["jobOutput"]["s3DataDestination"]["path"].removeprefix("s3://bucket/")
        self.s3.objects[f"{folder}{key.rpartition('/')[2]}.out"] = "\n".join(lines).encode()
