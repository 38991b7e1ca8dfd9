"""The loop from outside: wake the reconciler, and read what it made and decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3

from consumers.state_table import StateTable
from contract.errors import ClickstreamError, TransientError
from contract.stream_account import StreamAccount, decode_account
from operations.deployment import Deployment

_CONSUMER = "realtime"
_SHOWN_DECISIONS = 200


class NoCampaign(ClickstreamError):
    """Nothing recommends yet; the message says what was decided last."""


def wake_reconciler(deployment: Deployment) -> None:
    """Ask for a look at what Personalize holds; returns once the bus has taken the wish."""
    entry = {"EventBusName": deployment.name, "Source": "clickstream.operations", "Detail": "{}"}
    events: Any = boto3.client("events")
    answer = events.put_events(Entries=[entry | {"DetailType": "Reconcile Requested"}])
    if answer["FailedEntryCount"]:
        raise TransientError(f"bus {deployment.name}: {answer['Entries'][0]}")


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
