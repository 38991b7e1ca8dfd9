"""The loop from outside: live clicks, and what the reconciler made and decided."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import boto3

from consumers.state_table import StateTable
from contract.errors import ClickstreamError
from contract.stream_account import StreamAccount, decode_account
from operations.demo.live import Campaign, Live, click_live, put_events_ms, read_until
from operations.demo.shelf import Shelf, read_shelf, regulars
from operations.demo.stages import Stages
from operations.deployment import Deployment
from operations.publications import Publication
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.by_boto import BotoKinesis, kinesis_client
from producers.sdk.new_event import new_producer_id
from producers.sdk.producer import EventProducer

NOT_DECIDED: Final = {"decision": "none", "why": "No version was trained.", "numbers": {}}
PROMOTED: Final = "promoted"
_CONSUMER = "realtime"
_SHOWN_DECISIONS = 200


SHOPPERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What came of the files: the newest decision on a promotion, and, where a campaign serves, live clicks."""

    promotion: Mapping[str, Any]
    live: Live | None
    shelf: Shelf
    put_events_ms: Sequence[float] = ()


class NoCampaign(ClickstreamError):
    """Nothing recommends yet; the message says what was decided last."""


def close_loop(deployment: Deployment, publications: Sequence[Publication], stages: Stages) -> Loop:
    """Let three shoppers click, where a model was promoted; without one there is nothing to recommend."""
    state = deployment.state()
    manifests = {found.dataset: found.manifest for found in publications}
    promotion = next(decisions(state, "promote"), NOT_DECIDED)
    interactions = manifests["interactions"]
    if promotion["decision"] != PROMOTED or interactions is None:
        return Loop(promotion=promotion, live=None, shelf=Shelf())
    store = deployment.personalize()
    shelf = read_shelf(store, manifests["items"], interactions)
    users = regulars(store, interactions, SHOPPERS, among=manifests["users"])
    with stages.stage("live", f"{SHOPPERS} shoppers click: stream → Lambda → PutEvents → other recommendations"):
        live = _clicks(deployment, users, shelf)
        put = read_until(lambda: put_events_ms(live.clicks, live.producer_id, accounts(state)), len(live.clicks))
    return Loop(promotion=promotion, live=live, shelf=shelf, put_events_ms=put)


def _clicks(deployment: Deployment, users: Sequence[str], shelf: Shelf) -> Live:
    campaign = Campaign(boto3.client("personalize-runtime"), campaign_arn(deployment.state()))
    stream, clock = BotoKinesis(kinesis_client, deployment.stream_name), SystemClock()
    with EventProducer(stream, clock=clock, producer_id=new_producer_id("live")) as producer:
        return click_live(users, shelf, campaign, producer, clock)


def campaign_arn(state: StateTable) -> str:
    """The first campaign that serves. Raises `NoCampaign`."""
    item = state.get("personalize", "resources") or {}
    for campaign in json.loads(item.get("value", "{}")).get("campaigns", {}).values():
        return str(campaign["arn"])
    last = [f"{decision['kind']}: {decision['why']}" for decision in decisions(state)][:3]
    raise NoCampaign(f"Personalize recommends nothing yet; decided last: {'; '.join(last) or 'nothing'}")


def decisions(state: StateTable, kind: str = "") -> Iterator[dict[str, Any]]:
    """What the reconciler decided, newest first; all, or those of a kind."""
    for _, item in state.query("decision", newest_first=True, limit=_SHOWN_DECISIONS):
        decision = json.loads(item["value"])
        if kind in {"", decision["kind"]}:
            yield decision


def accounts(state: StateTable) -> Iterator[StreamAccount]:
    """All entries of the stream consumer."""
    for shard, _ in state.query(f"watermark#{_CONSUMER}"):
        yield from (decode_account(item["account"]) for _, item in state.query(f"account#{_CONSUMER}#{shard}"))
