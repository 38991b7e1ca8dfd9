"""The desired state: what is declared in `desired.toml`, and the schemas of the contract."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

import msgspec

from consumers.personalize_sync.guard import GuardRules
from consumers.personalize_sync.policy import TrainingPolicy
from consumers.personalize_sync.promotion import PromotionRules
from contract.errors import ConfigurationError

DATASETS: Final = ("interactions", "items", "users")


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of a table in the file: unknown names are refused."""


class WantedSolution(Declared, frozen=True, kw_only=True):
    """`beside`: the solution with whose versions this one's are trained."""

    recipe: str
    beside: str = ""


class WantedCampaign(Declared, frozen=True, kw_only=True):
    """`pays_for_more`: that a minimum over 1 TPS is billed day and night is meant."""

    solution: str
    baseline: str
    min_provisioned_tps: int = 1
    pays_for_more: bool = False


class ImportRules(Declared, frozen=True, kw_only=True):
    least_full_share: float = 0.5
    least_interactions: int = 1_000
    most_incremental_bytes: int = 10**9
    most_pending: int = 5
    attempts: int = 3
    retry_seconds: float = 600.0


class RefusalRules(Declared, frozen=True, kw_only=True):
    retry_seconds: float = 900.0


class Desired(Declared, frozen=True, kw_only=True):
    filters: Mapping[str, str]  # short name -> expression
    solutions: Mapping[str, WantedSolution]
    campaigns: Mapping[str, WantedCampaign]
    imports: ImportRules = ImportRules()
    training: TrainingPolicy = TrainingPolicy()
    promotion: PromotionRules = PromotionRules()
    guard: GuardRules = GuardRules()
    refusals: RefusalRules = RefusalRules()


def load_desired(text: str) -> Desired:
    """Raises `ConfigurationError` that says what in the file is not as it must be."""
    try:
        desired = msgspec.convert(tomllib.loads(text), Desired)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"desired state: {error}") from error
    for name, campaign in desired.campaigns.items():
        _require(desired.solutions, campaign.solution, campaign.baseline, of=f"campaign {name}")
        if campaign.min_provisioned_tps != 1 and not campaign.pays_for_more:
            raise ConfigurationError(
                f"desired state: campaign {name} asks for {campaign.min_provisioned_tps} TPS, billed day and night "
                "whether used or not; say pays_for_more = true, or 1"
            )
    for name, solution in desired.solutions.items():
        _require(desired.solutions, *([solution.beside] if solution.beside else []), of=f"solution {name}")
    return desired


def declared() -> Desired:
    """What the file beside this module declares."""
    return load_desired((resources.files("consumers.personalize_sync") / "desired.toml").read_text())


def schemas() -> dict[str, str]:
    """By dataset, the contract's Avro schema as one line of JSON: the same text for the same content."""
    folder = resources.files("contract.generated")
    return {name: compact(json.loads((folder / f"{name}.avsc").read_text())) for name in DATASETS}


def compact(schema: Any) -> str:
    return json.dumps(schema, separators=(",", ":"), sort_keys=True)


def _require(solutions: Mapping[str, WantedSolution], *names: str, of: str) -> None:
    missing = [name for name in names if name not in solutions]
    if missing:
        raise ConfigurationError(f"desired state: {of} names {missing[0]!r}, which is no solution")
