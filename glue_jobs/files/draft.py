"""What drafts of all datasets have in common."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from contract.projection import Dataset


def schema_of(dataset: Dataset) -> bytes:
    """The Avro schema that was generated for it."""
    return files("contract.generated").joinpath(f"{dataset.name.lower()}.avsc").read_bytes()


def null_shares(dataset: Dataset) -> dict[str, float]:
    """Column -> the greatest share of its rows that may be empty."""
    return {column.name: column.max_null_share for column in dataset.columns if column.nullable}


def digest_of(facts: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(list(facts)).encode()).hexdigest()[:16]
