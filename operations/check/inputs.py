"""Files named on the command line, sorted into datasets by their headers."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract.errors import ConfigurationError
from glue_jobs.gate.model import GateFile, cut

_DATA = (".csv", ".csv.gz")
_LONGEST_HEADER = 1 << 16  # bytes


@dataclass(slots=True)
class Input:
    """One dataset: its files, and what else lies in their folders."""

    files: list[GateFile] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)  # of the first file


def find_inputs(paths: Sequence[Path], only: str | None = None) -> dict[str, Input]:
    """By dataset, as Personalize spells it. `only`: the dataset of files whose header fits none.

    Raises ConfigurationError for what cannot be read, and for a header that fits no dataset.
    """
    found: Mapping[str, Input] = defaultdict(Input)
    for path in paths:
        names = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        data = [name for name in names if not path.is_dir() or name.name.endswith(_DATA)]
        if not data:
            raise ConfigurationError(f"{path}: no .csv in this folder")
        datasets = {_add(found, name, _label(name, path), only) for name in data}
        strays = [_label(name, path) for name in names if name not in data]
        for dataset in datasets:
            found[dataset].strays += strays
    return dict(found)


def _add(found: Mapping[str, Input], name: Path, label: str, only: str | None) -> str:
    header = read_header(name)
    dataset = dataset_of(header) or only
    if dataset is None:
        raise ConfigurationError(
            f"{name}: its header fits no dataset of Personalize: {cut(','.join(header))!r}. Interactions have "
            "USER_ID,ITEM_ID,TIMESTAMP, Items have ITEM_ID, Users have USER_ID, separated by commas; or give --schema."
        )
    found[dataset].header = found[dataset].header or header
    found[dataset].files.append(GateFile(label, name.read_bytes))
    return dataset


def _label(name: Path, given: Path) -> str:
    return name.relative_to(given).as_posix() if given.is_dir() else name.name


def read_header(path: Path) -> list[str]:
    """Column names of a file, quotes and byte order mark taken off. Raises ConfigurationError."""
    try:
        with path.open("rb") as plain:
            compressed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path) if compressed else path.open("rb") as file:
            line = file.readline(_LONGEST_HEADER)
    except (EOFError, OSError, zlib.error) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    text = line.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return [name.strip('"') for name in re.split("[\r\n]", text, maxsplit=1)[0].split(",")]


def dataset_of(header: Iterable[str]) -> str | None:
    names = set(header)
    if len(names & {"USER_ID", "ITEM_ID", "TIMESTAMP"}) > 1:
        return "Interactions"
    return "Items" if "ITEM_ID" in names else "Users" if "USER_ID" in names else None
