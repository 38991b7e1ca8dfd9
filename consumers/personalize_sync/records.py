"""What was decided, refused and forced, in the state table: once, before it is acted on."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from consumers.personalize_sync.plan import Decision, News, Noted
from consumers.state_table import Conflict, StateTable
from contract.times import format_instant

DECISIONS: Final = "decision"  # for people, newest last
_NOTED: Final = "personalize-decided"  # by what they are about
_FORCED: Final = "personalize-forced"
_REFUSED: Final = "personalize-refused"
_MS: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def force_import(state: StateTable, manifest_key: str, *, who: str, at: float) -> None:
    """A person's word that this FULL publication is to be imported though it has far fewer rows than before."""
    state.put(_FORCED, manifest_key, {"who": who, "at": round(at)})


@dataclass(frozen=True, slots=True)
class StateRecords:
    """For one holder of the lease: what is there does not change but by him, so each is read once."""

    state: StateTable
    _noted: dict[str, Noted] = field(default_factory=dict)
    _refusals: dict[str, dict[str, Any] | None] = field(default_factory=dict)

    def noted(self, key: str) -> Noted | None:
        if key not in self._noted:
            item = self.state.get(_NOTED, key)
            if item is None:
                return None
            self._noted[key] = _noted(json.loads(item["value"]), item)
        return self._noted[key]

    def is_forced(self, manifest_key: str) -> bool:
        return self.state.get(_FORCED, manifest_key) is not None

    def note(self, decision: Decision, *, at: float) -> Noted:
        """The decision as it is noted from now on, which is an earlier one where there is one."""
        known = self.noted(decision.key)
        if known:
            return known
        noted = Noted(decision=decision, at=at, told=False)
        with suppress(Conflict):  # another, whose lease had expired, was faster
            self.state.create(_NOTED, decision.key, _item(noted))
            self._noted[decision.key] = noted
        noted = self.noted(decision.key) or noted
        self._show(noted)
        return noted

    def told(self, noted: Noted) -> None:
        """Nothing is left to do of it; shown again, since a crash may have come between noting and showing."""
        known = replace(noted, told=True)
        self._show(known)
        self.state.put(_NOTED, noted.decision.key, _item(known))
        self._noted[noted.decision.key] = known

    def refused_at(self, arn: str) -> float | None:
        refusal = self._refusal(arn)
        return refusal["at"] / _MS if refusal else None

    def refuse(self, arn: str, reason: str, *, at: float) -> None:
        self._refusals[arn] = {"at": round(at * _MS), "reason": reason}
        self.state.put(_REFUSED, arn, {"at": round(at * _MS), "reason": reason})

    def is_news(self, arn: str, reason: str) -> bool:
        """Whether this refusal differs from the last one."""
        refusal = self._refusal(arn)
        return refusal is None or refusal["reason"] != reason

    def taken(self, arn: str) -> None:
        """What was refused is refused no more."""
        if self._refusal(arn):
            self.state.delete(_REFUSED, arn)
            self._refusals[arn] = None

    def _refusal(self, arn: str) -> dict[str, Any] | None:
        if arn not in self._refusals:
            self._refusals[arn] = self.state.get(_REFUSED, arn)
        return self._refusals[arn]

    def _show(self, noted: Noted) -> None:
        """Two of one kind in one millisecond would have one place: the later one takes the next."""
        decision, at = noted.decision, round(noted.at * _MS)
        value = {
            "key": decision.key,
            "kind": decision.kind,
            "decision": decision.decision,
            "why": decision.why,
            "numbers": dict(decision.numbers),
            "subject": decision.subject,
        }
        text = json.dumps(value, sort_keys=True)
        while True:
            sk = f"{format_instant(_EPOCH + timedelta(milliseconds=at))}#{decision.kind}"
            try:
                self.state.create(DECISIONS, sk, {"value": text})
            except Conflict:
                if (self.state.get(DECISIONS, sk) or {}).get("value") == text:
                    return
                at += 1
                continue
            return


def _item(noted: Noted) -> dict[str, Any]:
    text = json.dumps(asdict(noted.decision), sort_keys=True)
    return {"value": text, "at": round(noted.at * _MS), "told": noted.told}


def _noted(raw: dict[str, Any], item: dict[str, Any]) -> Noted:
    news = News(**raw["news"]) if raw["news"] else None
    return Noted(decision=Decision(**raw | {"news": news}), at=item["at"] / _MS, told=item["told"])
