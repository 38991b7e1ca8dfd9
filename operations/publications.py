"""What lies published for Personalize, or was refused: manifests, first rows, and what the gate said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from contract.manifest import Manifest
from glue_jobs.files.history import read_history
from glue_jobs.files.layout import docs_prefix
from glue_jobs.store import Store

DATASETS = ("interactions", "items", "users")
_SHOWN_LINES = 4  # the header and three rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """`gate`: what it said of the newest rows, published or refused; empty where there were none."""

    dataset: str
    manifest: Manifest | None  # of the last good publication
    refused: bool
    gate: Sequence[dict[str, Any]]
    first_lines: Sequence[str]


def read_publications(store: Store) -> list[Publication]:
    return [_publication(store, dataset) for dataset in DATASETS]


def _publication(store: Store, dataset: str) -> Publication:
    manifest = read_history(store, dataset).last
    refusals = sorted(store.list(f"_refused/{dataset}/"), key=lambda found: found.modified)
    ready = store.list(manifest.key)[0].modified if manifest else None
    refused = bool(refusals) and (ready is None or refusals[-1].modified > ready)
    gate = json.loads(store.read(refusals[-1].key)) if refused else manifest.gate if manifest else []
    lines = _first_lines(store, manifest) if manifest else []
    return Publication(dataset=dataset, manifest=manifest, refused=refused, gate=gate, first_lines=lines)


def _first_lines(store: Store, manifest: Manifest) -> list[str]:
    lines = (line for file in manifest.files[:1] for line in store.read(file.key).decode().split("\n"))
    return list(islice(lines, _SHOWN_LINES))


def fetch_docs(store: Store, folder: Path) -> list[Path]:
    """Copy the Data Docs of all datasets below `folder`, in the place of earlier ones; returns the pages to start
    from."""
    for dataset in DATASETS:
        if (folder / dataset).exists():
            shutil.rmtree(folder / dataset)
        for found in store.list(docs_prefix(dataset)):
            target = folder / found.key.removeprefix("data-docs/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(store.read(found.key))
    return [page for dataset in DATASETS if (page := folder / dataset / "index.html").exists()]
