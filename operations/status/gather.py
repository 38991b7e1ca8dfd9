"""Collect the facts of a deployment: with the reconciler's eyes, from the state table and from the quarantine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consumers.personalize_sync.adapters import Boto3Personalize
from consumers.personalize_sync.bucket import S3Files
from consumers.personalize_sync.cost import CampaignUse, Estimate, estimate, idle_campaigns
from consumers.personalize_sync.data_profile import profile_of
from consumers.personalize_sync.desired import Desired, declared, schemas
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.observing import Observer
from consumers.personalize_sync.prices import declared_prices
from consumers.personalize_sync.publications import Shelf
from consumers.personalize_sync.workload import workload_of
from consumers.personalize_sync.world import World
from consumers.state_table import StateTable
from contract.times import parse_instant
from operations.status.core import SHOWN_VERSIONS
from operations.status.facts import Facts, StreamLag

SHOWN_DECISIONS = 10
_DAY = 86_400.0
_BUCKETS_A_DAY = 288  # five minutes each


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What is asked: two clients of boto3, and the state table."""

    personalize: Any
    s3: Any
    bucket: str  # for Personalize
    state: StateTable
    names: Names


def gather_facts(
    sources: Sources,
    now: datetime,
    *,
    streams: Iterator[StreamLag],
    quarantine: list[tuple[str, str, int]],
    cap_usd: float | None = None,
) -> Facts:
    """Describes, lists and reads; writes nothing."""
    api, desired, avro = Boto3Personalize(sources.personalize), declared(), schemas()
    files = S3Files(sources.s3, sources.bucket, avro)
    world, shelf = Observer(api=api, files=files, desired=desired, schemas=avro, names=sources.names).look()
    shown = shown_in_a_day(sources.state, now)
    return Facts(
        now=now.timestamp(),
        world=world,
        shelf=shelf,
        metrics=dict(_metrics(api, world)),
        decisions=list(_decisions(sources.state)),
        streams=list(streams),
        quarantine=quarantine,
        cost=cost_of(shelf, shown),
        cap_usd=cap_usd,
        warnings=list(_idle(world, desired, shown, now)),
    )


def _metrics(api: Boto3Personalize, world: World) -> Iterator[tuple[str, Mapping[str, float]]]:
    for versions in world.versions.values():
        for version in versions[-SHOWN_VERSIONS:]:
            if version.is_active:
                yield version.arn, api.metrics(version.arn)


def _decisions(state: StateTable) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, item in state.query("decision", newest_first=True, limit=SHOWN_DECISIONS):
        yield key.partition("#")[0], json.loads(item["value"])


def shown_in_a_day(state: StateTable, now: datetime) -> int:
    """Recommended lists that shoppers saw in the last 24 hours."""
    return sum(
        int(item.get("shown", 0))
        for shard, _ in state.query("watermark#realtime")
        for start, item in state.query(f"clickthrough#{shard}", newest_first=True, limit=_BUCKETS_A_DAY)
        if now.timestamp() - parse_instant(start).timestamp() < _DAY
    )


def cost_of(shelf: Shelf, shown: int) -> Estimate | None:
    """Of a month like what was published; None before anything was."""
    manifests = [each.manifest for each in shelf.get("interactions", ()) if each.manifest is not None]
    if not manifests:
        return None
    users, items = (max((each.rows for each in shelf.get(name, ())), default=0) for name in ("users", "items"))
    workload = workload_of(profile_of(manifests), users=users, items=items, recommendations_per_day=shown)
    return estimate(workload, declared_prices())


def _idle(world: World, desired: Desired, shown: int, now: datetime) -> Iterator[str]:
    uses = [
        CampaignUse(
            name=name,
            recipe=desired.solutions[desired.campaigns[name].solution].recipe,
            min_tps=campaign.min_tps,
            active_since=campaign.created,
            requests=shown,
        )
        for name, campaign in world.campaigns.items()
        if campaign.is_active
    ]
    yield from (warning for _, warning in idle_campaigns(uses, declared_prices(), now=now.timestamp()))
