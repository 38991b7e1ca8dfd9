"""What files are held against beside the rules: the last good run, and what may be empty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """`last`: dataset -> profile of the last good run. `null_shares`: column -> the most of it that may be empty."""

    last: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    null_shares: Mapping[str, float] = field(default_factory=dict)


def read_last(paths: Sequence[Path]) -> dict[str, Mapping[str, Any]]:
    """From what `clickstream check --json` printed, or from READY manifests. Raises ConfigurationError for others."""
    last: dict[str, Mapping[str, Any]] = {}
    for path in paths:
        try:
            said = json.loads(path.read_bytes())
            parts = said.get("datasets", [said])
            last |= {str(part["dataset"]).capitalize(): part["profile"] for part in parts}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"{path} is neither the output of `clickstream check --json` nor a READY manifest: {error!r}"
            ) from error
    return last


def read_shares(texts: Sequence[str]) -> dict[str, float]:
    """From COLUMN=SHARE each. Raises ConfigurationError for what is none."""
    shares = {}
    for text in texts:
        column, _, share = text.partition("=")
        try:
            shares[column] = float(share)
        except ValueError as error:
            raise ConfigurationError(f"--nulls {text!r}: say COLUMN=SHARE, the share from 0 to 1") from error
        if not column or not 0 <= shares[column] <= 1:
            raise ConfigurationError(f"--nulls {text!r}: say COLUMN=SHARE, the share from 0 to 1")
    return shares
