"""The ledger: what a job read, line by line, and what became of each. Holds no user ids.

An entry is also the job's manifest: one S3 object a run, written last, never overwritten. What no entry names
was not done.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from contract.checkpoints import Checkpoint
from contract.ranges import Ranges
from contract.times import format_instant, parse_instant

DELIVERED = "delivered"
DEDUPLICATED = "deduplicated"
QUARANTINED = "quarantined"
EXCLUDED = "excluded"  # lawful non-delivery; "excluded:" and its reason
CHECKPOINT = "checkpoint"  # read and used, but no event
CONSENT_REFUSED = f"{EXCLUDED}:consent_refused"

COUNTED = (DELIVERED, DEDUPLICATED, QUARANTINED, EXCLUDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAccount:
    """One raw object as the job read it. Line numbers count from 1; blank lines have a number and no outcome."""

    key: str
    etag: str
    size: int  # bytes
    lines: int  # that are not blank
    outcomes: dict[str, Ranges]  # outcome -> line numbers
    producers: dict[str, Ranges]  # producer_id -> producer_seq seen, whatever became of them
    checkpoints: tuple[Checkpoint, ...] = ()

    def count(self, outcome: str) -> int:
        """Lines of an outcome; `EXCLUDED` adds its reasons up."""
        return sum(len(lines) for name, lines in self.outcomes.items() if name.partition(":")[0] == outcome)

    @property
    def is_balanced(self) -> bool:
        """Each line has exactly one outcome."""
        union = Ranges.join(pair for lines in self.outcomes.values() for pair in lines.pairs)
        return self.lines == len(union) == sum(map(len, self.outcomes.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file of a partition that the run wrote anew; together, all files of that partition."""

    table: str
    key: str
    etag: str
    size: int  # bytes
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    job: str
    number: int
    run_id: str
    finished_at: str
    settings: dict[str, str]  # those that the outputs' layout depends on
    inputs: tuple[ObjectAccount, ...]
    outputs: tuple[OutputFile, ...]

    @property
    def key(self) -> str:
        return entry_key(self.job, self.number)

    def count(self, outcome: str) -> int:
        return sum(account.count(outcome) for account in self.inputs)


def entry_key(job: str, number: int) -> str:
    """Where an entry lives in the lake's bucket; the names sort as the numbers do."""
    return f"_ledger/{job}/{number:010d}.json.gz"


def newest_outputs(entries: Iterable[Entry], table: str) -> list[OutputFile]:
    """The files of a table as they must be now: of each key the last that was written."""
    newest = {output.key: output for entry in entries for output in entry.outputs if output.table == table}
    return list(newest.values())


def encode_entry(entry: Entry) -> bytes:
    """Gzip JSON, the same bytes for the same entry."""
    data = {
        **asdict(replace(entry, inputs=())),
        "inputs": [_account_data(account) for account in entry.inputs],
    }
    return gzip.compress(json.dumps(data, separators=(",", ":")).encode(), mtime=0)


def decode_entry(data: bytes) -> Entry:
    raw = json.loads(gzip.decompress(data))
    return Entry(
        **raw
        | {
            "inputs": tuple(_account(account) for account in raw["inputs"]),
            "outputs": tuple(OutputFile(**output) for output in raw["outputs"]),
        }
    )


def _account_data(account: ObjectAccount) -> dict[str, Any]:
    return {
        "key": account.key,
        "etag": account.etag,
        "size": account.size,
        "lines": account.lines,
        "outcomes": {name: str(lines) for name, lines in account.outcomes.items()},
        "producers": {name: str(seqs) for name, seqs in account.producers.items()},
        "checkpoints": [_checkpoint_data(checkpoint) for checkpoint in account.checkpoints],
    }


def _checkpoint_data(checkpoint: Checkpoint) -> dict[str, Any]:
    data = asdict(checkpoint) | {"at": format_instant(checkpoint.at), "withdrawn": str(checkpoint.withdrawn)}
    return data if checkpoint.withdrawn else {name: value for name, value in data.items() if name != "withdrawn"}


def _account(raw: dict[str, Any]) -> ObjectAccount:
    return ObjectAccount(
        **raw
        | {
            "outcomes": {name: Ranges.parse(lines) for name, lines in raw["outcomes"].items()},
            "producers": {name: Ranges.parse(seqs) for name, seqs in raw["producers"].items()},
            "checkpoints": tuple(map(_checkpoint, raw["checkpoints"])),
        }
    )


def _checkpoint(raw: dict[str, Any]) -> Checkpoint:
    withdrawn = Ranges.parse(raw.get("withdrawn", ""))
    return Checkpoint(**raw | {"at": parse_instant(raw["at"]), "withdrawn": withdrawn})
