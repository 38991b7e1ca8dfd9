"""The READY manifest: one published dataset of Personalize files, and what it was made from.

One S3 object a publication, put last and never overwritten: what no manifest names was not published. It is the
ledger's entry for its hop, and all that an import needs to know. Holds no user ids.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

FULL = "FULL"  # Personalize's import modes
INCREMENTAL = "INCREMENTAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An object that the rows were read from: a file of the lake, or a snapshot of the catalog."""

    key: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    key: str  # in the bucket for Personalize
    etag: str
    size: int  # bytes
    rows: int  # without the header
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`prefix` holds the files and nothing else: it is what an import job is told.

    `outcomes`: what became of every row that was read, as in the ledger (delivered, deduplicated, quarantined,
    "excluded:" and a reason). `covers`: number of the newest ledger entry of the events job that was read; 0 for
    datasets made from the catalog. `gate`, `profile`: see `glue_jobs.gate`. `last_day_key`: of a file beside the
    prefix, what a sample of users did in the newest 24 hours of these rows, to judge models by; empty without one.
    """

    dataset: str  # "interactions", "items", "users"
    number: int
    mode: str  # FULL: all there is; INCREMENTAL: what came since the publication before
    run_id: str
    finished_at: str
    contract_version: int
    prefix: str
    files: tuple[PublishedFile, ...]
    schema_key: str
    covers: int
    sources: tuple[Source, ...]
    outcomes: dict[str, int]
    settings: dict[str, str]
    gate: tuple[dict[str, Any], ...] = ()
    profile: dict[str, Any] = field(default_factory=dict)
    last_day_key: str = ""

    @property
    def key(self) -> str:
        return ready_key(self.dataset, self.number)

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


def ready_prefix(dataset: str) -> str:
    return f"_ready/{dataset}/"


def ready_key(dataset: str, number: int) -> str:
    """Where a manifest lives in the bucket for Personalize; the names sort as the numbers do."""
    return f"{ready_prefix(dataset)}{number:010d}.json"


def encode_manifest(manifest: Manifest) -> bytes:
    """Readable JSON, the same bytes for the same manifest."""
    return json.dumps(asdict(manifest), indent=1, sort_keys=True).encode() + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    raw = json.loads(data)
    return Manifest(
        **raw
        | {
            "files": tuple(PublishedFile(**file) for file in raw["files"]),
            "sources": tuple(Source(**source) for source in raw["sources"]),
            "gate": tuple(raw["gate"]),
        }
    )
