"""Messages of the queue as changes of the catalog, or as what cannot be used and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypedDict

from contract.catalog import ITEM, USER
from contract.rows import read_row
from contract.rules import Reason, Refused
from contract.schema import Record
from contract.times import format_instant, parse_instant

KINDS: Final[Mapping[str, tuple[str, Record]]] = {"Item Changed": ("items", ITEM), "User Changed": ("users", USER)}
"""detail-type -> dataset and record."""


class Message(TypedDict):
    """A message of SQS as Lambda hands it over, as far as we read it."""

    messageId: str
    body: str
    attributes: Mapping[str, str]


class Version(NamedTuple):
    """Of a row; the greater is the newer. Of equally new ones the digest decides, the same everywhere."""

    updated_at: str  # to the millisecond, so that it sorts as time does
    digest: str

    @property
    def key(self) -> str:
        return f"{self.updated_at}#{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One version of an item or a user. `messages` stand or fall with it."""

    dataset: str  # "items", "users"
    id: str
    version: Version
    row: Mapping[str, Any]
    told_at: datetime  # when the bus took it
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A message that makes no change, now or later."""

    message: str
    reason: str
    rule: str
    arrived_at: datetime
    body: bytes


def read_message(message: Message) -> Change | Unusable:
    """The change that an event on the bus tells of."""
    body = message["body"]
    event = _object(body)
    if event is None:
        return unusable(message, Reason.NOT_JSON, "message.body")
    if (kind := KINDS.get(str(event.get("detail-type")))) is None:
        return unusable(message, Reason.REFUSED_VALUE, "message.detail-type")
    try:
        told_at = parse_instant(str(event.get("time")))
    except ValueError:
        return unusable(message, Reason.BAD_FORMAT, "message.time")
    dataset, record = kind
    row = read_row(record, json.dumps(event.get("detail"), ensure_ascii=False).encode(errors="surrogatepass"))
    if isinstance(row, Refused):
        return unusable(message, row.rule.reason, row.rule.id)
    return _change(dataset, row, told_at, message["messageId"])


def unusable(message: Message, reason: str, rule: str) -> Unusable:
    """This message, to be kept with its bytes."""
    return Unusable(
        message=message["messageId"],
        reason=str(reason),
        rule=rule,
        arrived_at=_arrived_at(message),
        body=message["body"].encode(errors="surrogatepass"),
    )


def newest(changes: Iterable[Change]) -> list[Change]:
    """Of each id the newest change, which answers for the messages of all, its own the last."""
    kept: dict[str, Change] = {}
    for change in sorted(changes, key=lambda each: each.version):
        older = kept.pop(change.id).messages if change.id in kept else ()
        kept[change.id] = replace(change, messages=(*older, *change.messages))
    return list(kept.values())


def _object(body: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _change(dataset: str, row: Mapping[str, Any], told_at: datetime, message: str) -> Change:
    # A row that does not say when it was made is as old as its event: a fact that no redelivery alters.
    at = format_instant(parse_instant(row["updated_at"]) if "updated_at" in row else told_at)
    dated = {**row, "updated_at": at}
    text = json.dumps(dated, sort_keys=True, ensure_ascii=False)
    return Change(
        dataset=dataset,
        id=row["item_id" if dataset == "items" else "user_id"],
        version=Version(at, hashlib.sha256(text.encode()).hexdigest()[:16]),
        row=dated,
        told_at=told_at,
        messages=(message,),
    )


def _arrived_at(message: Message) -> datetime:
    return datetime.fromtimestamp(int(message["attributes"]["SentTimestamp"]) / 1_000, UTC)
