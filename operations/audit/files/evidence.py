"""What the audit of the files judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contract.manifest import Manifest

Row = tuple[Any, ...]  # the values of a dataset's columns, in order
Place = tuple[str, int]  # object, line


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeEvents:
    """Events of the lake as it is now, each with the number of the entry that delivered it."""

    accepted: int  # rows that the ledger has in the lake
    delivered_since: Mapping[int, int]  # entry -> rows that entries after it delivered
    rows: Sequence[tuple[Place, int, Row | None]] | None  # None for a row that is not exported; None: not looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogLines:
    """Lines of the snapshots as they are now, read anew: what each is to come to."""

    lines: Mapping[str, int]  # snapshot -> lines that are not blank
    etags: Mapping[str, str]
    newest: Mapping[str, Row | None] | None  # id -> its row; None for a tombstone; None: not looked at
    refused: Counter[tuple[str, int, bytes]]  # snapshot, line, bytes
    unreadable: Sequence[str] = ()  # snapshots that are not gzip, or cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEvidence:
    """`current`: the last FULL publication and the INCREMENTAL ones since. `files`: key -> etag under their
    prefixes. `rows`: by publication, its rows as they are now; empty where nobody looked."""

    current: Sequence[Manifest] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[int, Sequence[Row]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesEvidence:
    datasets: Mapping[str, DatasetEvidence]
    events: LakeEvents
    catalog: Mapping[str, CatalogLines]  # items, users
    kept: Mapping[str, Counter[tuple[str, int, bytes]]]  # refused lines in the quarantine
