"""What several publications of interactions, imported one after another, hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contract.drift import Distribution, mixture
from contract.manifest import FULL, Manifest

_NOTHING: Distribution = {"shares": {}, "rest": 0.0, "empty": 0.0}
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class DataProfile:
    """`users`, `active_users`: as the largest publication counted them; the sums would count a user twice.

    `active_users` came twice or more. Times in epoch seconds, 0 where unknown.
    """

    rows: int = 0
    users: int = 0
    active_users: int = 0
    oldest: int = 0
    newest: int = 0
    size: int = 0  # bytes
    event_types: Distribution = field(default_factory=lambda: _NOTHING)
    top_items: Distribution = field(default_factory=lambda: _NOTHING)

    @property
    def rows_a_day(self) -> float:
        """Over the time that the data spans, a day at least."""
        return self.rows / max(1.0, (self.newest - self.oldest) / _SECONDS_A_DAY)


def profile_of(manifests: Sequence[Manifest]) -> DataProfile:
    """Of the manifests whose imports are ACTIVE, in order: the last FULL one among them and all after it."""
    fulls = [at for at, manifest in enumerate(manifests) if manifest.mode == FULL]
    counted = [manifest for manifest in manifests[fulls[-1] if fulls else 0 :] if manifest.rows]
    if not counted:
        return DataProfile()
    largest = max(counted, key=lambda manifest: manifest.rows)
    times = [[m.profile[name] for m in counted if m.profile.get(name)] for name in ("oldest", "newest")]
    return DataProfile(
        rows=sum(manifest.rows for manifest in counted),
        users=_users(largest),
        active_users=_active_users(largest),
        oldest=min(times[0], default=0),
        newest=max(times[1], default=0),
        size=sum(file.size for manifest in counted for file in manifest.files),
        event_types=_mixed(counted, "event_types"),
        top_items=_mixed(counted, "top_items"),
    )


def _mixed(manifests: Sequence[Manifest], name: str) -> Distribution:
    return mixture([(m.profile.get(name) or _NOTHING, m.rows) for m in manifests])


def _active_users(manifest: Manifest) -> int:
    """Manifests of before the profile had it say it in the gate's words."""
    return int(manifest.profile.get("active_users") or _measured(manifest, "active_users_minimum"))


def _users(manifest: Manifest) -> int:
    share = _measured(manifest, "active_users_share")
    return int(manifest.profile.get("users") or (round(_active_users(manifest) / share) if share else 0))


def _measured(manifest: Manifest, rule: str) -> float:
    results: Sequence[Mapping[str, Any]] = manifest.gate
    return next((float(r["measured"] or 0) for r in results if r["rule"] == rule), 0.0)
