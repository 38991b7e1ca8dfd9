"""A reconciler on the real emulator, over a small shop whose users have tastes."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from consumers.bus import MemoryBus
from consumers.personalize_sync.desired import Desired, declared
from consumers.personalize_sync.lease import Lease
from consumers.personalize_sync.running import Ended, Pace
from consumers.personalize_sync.settings import Settings, Surroundings, reconciler
from consumers.state_table import MemoryState
from contract.manifest import FULL, Manifest, encode_manifest
from contract.times import format_instant
from glue_jobs.files.layout import last_day_key
from glue_jobs.store import S3Store
from tests.support.mortal import Fuse, Killed
from tests.support.personalize_server import Server
from tests.support.published_shop import csv_of, publish
from tests.support.reconciler_settling import settle
from tests.support.reconciler_world import SETTINGS, Mortal
from tests.support.small_shop import shop

POLL_SECONDS = 0.05
Row = Mapping[str, Any]


@dataclass
class Emulated:
    """A deployment of its own name and bucket. `ahead`: seconds that its clock is before everyone's."""

    server: Server
    name: str
    state: MemoryState = field(default_factory=MemoryState)
    bus: MemoryBus = field(default_factory=MemoryBus)
    ahead: float = 0.0
    desired: Desired = field(default_factory=declared)

    def __post_init__(self) -> None:
        self.settings: Settings = msgspec.structs.replace(
            SETTINGS, deployment=self.name, personalize_bucket=self.name, poll_seconds=POLL_SECONDS
        )
        self.s3, self.personalize = self.server.s3(), self.server.client("personalize")
        self.s3.create_bucket(Bucket=self.name)
        self.store = S3Store(self.s3, self.name, "")
        self._owners = (f"run-{number}" for number in itertools.count())

    def clock(self) -> float:
        return time.time() + self.ahead

    def publish(self, dataset: str, rows: Sequence[Row], *, number: int = 1, mode: str = FULL) -> Manifest:
        """With what the job and the gate add to interactions: a last day, which has all rows here, and a profile."""
        manifest = publish(self.store, dataset, rows, number=number, mode=mode)
        if dataset == "interactions":
            key = last_day_key(dataset, number)
            self.store.put(key, csv_of(dataset, rows))
            at = format_instant(datetime.fromtimestamp(self.clock(), UTC))
            manifest = replace(manifest, profile=profile(rows), last_day_key=key, finished_at=at)
            self.store.put(manifest.key, encode_manifest(manifest))
        return manifest

    def settle(self, *, seconds: float = 60, fuse: Fuse | None = None) -> Ended:
        """`fuse` burns with calls that change Personalize."""
        on = self._on(fuse)
        pace = Pace(poll_seconds=POLL_SECONDS, until=self.clock() + seconds, clock=self.clock, sleep=time.sleep)
        return settle(lambda: reconciler(self.settings, on, self.clock, self.desired), self.lease, pace)

    def die_after_each_call(self) -> int:
        """Until it is settled, each process dies right after its first call that changes Personalize; how many did."""
        for deaths in range(1_000):
            try:
                if self.settle(fuse=Fuse(left=1, after=True)).is_settled:
                    return deaths
            except Killed:
                self.ahead += self.settings.lease_seconds
        raise AssertionError("it never settles")

    def made(self) -> list[str]:
        """What there is, by ARN without its front and without ids that are drawn."""
        return sorted(re.sub(r"(?<=/)[0-9a-f]{8}$", "*", name) for name in self.statuses())

    def remove(self) -> None:
        """All of it, in the order that its uses allow: an account may have five dataset groups."""
        self.server.idle()
        api, names = self.personalize, reconciler(self.settings, self._on(None), self.clock).observer.names
        group = {"datasetGroupArn": names.group_arn}
        for solution in api.list_solutions(**group)["solutions"]:
            for campaign in api.list_campaigns(solutionArn=solution["solutionArn"])["campaigns"]:
                api.delete_campaign(campaignArn=campaign["campaignArn"])
            api.delete_solution(solutionArn=solution["solutionArn"])
        for tracker in api.list_event_trackers(**group)["eventTrackers"]:
            api.delete_event_tracker(eventTrackerArn=tracker["eventTrackerArn"])
        for found in api.list_filters(**group)["Filters"]:
            api.delete_filter(filterArn=found["filterArn"])
        for dataset in api.list_datasets(**group)["datasets"]:
            api.delete_dataset(datasetArn=dataset["datasetArn"])
        api.delete_dataset_group(**group)

    def _on(self, fuse: Fuse | None) -> Surroundings:
        personalize: Any = Mortal(self.personalize, fuse) if fuse else self.personalize
        return Surroundings(personalize=personalize, s3=self.s3, state=self.state, bus=self.bus)

    def lease(self) -> Lease:
        return Lease(self.state, next(self._owners), self.settings.lease_seconds, self.clock)

    def statuses(self) -> dict[str, str]:
        """Of everything that was made, by ARN without its front."""
        found = {sk: item["status"] for (pk, sk), item in self.state.items.items() if pk == "personalize-status"}
        return {arn.partition(":000000000000:")[2]: status for arn, status in found.items()}


def profile(rows: Sequence[Row]) -> dict[str, Any]:
    users = Counter(row["USER_ID"] for row in rows)
    times = [row["TIMESTAMP"] for row in rows]
    return {
        "rows": len(rows),
        "users": len(users),
        "active_users": sum(count > 1 for count in users.values()),
        "oldest": min(times),
        "newest": max(times),
        "event_types": _shares(row["EVENT_TYPE"] for row in rows),
        "top_items": _shares(row["ITEM_ID"] for row in rows),
    }


def _shares(values: Iterable[str]) -> dict[str, Any]:
    counts = Counter(values)
    shares = {value: count / counts.total() for value, count in counts.most_common(100)}
    return {"shares": shares, "rest": max(0.0, 1 - sum(shares.values())), "empty": 0.0}


def tasteful_rows(*, users: int = 120, seed: int = 7) -> dict[str, list[Row]]:
    """By dataset, in the contract's columns: personal recommendations beat popular ones."""
    made = shop(("view", "view", "view", "purchase"), users=users, seed=seed)
    return {
        "items": [
            {"ITEM_ID": item, "CATEGORY_L1": kind, "PRICE": price, "AVAILABLE": "True"}
            for item, kind, price in made.items
        ],
        "users": [{"USER_ID": user, "AGE_BAND": age} for user, age in made.users],
        "interactions": [
            {"USER_ID": user, "ITEM_ID": item, "TIMESTAMP": at, "EVENT_TYPE": kind}
            for user, item, at, kind in made.interactions
        ],
    }
