"""One batch on its way: from messages to outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consumers.catalog.changes import Change, Message, Unusable, newest, read_message, unusable
from consumers.catalog.kept import Objects, quarantined, snapshot_of
from consumers.catalog.putting import Done, Putter
from consumers.catalog.records import record_of
from consumers.catalog.report import SUPERSEDED, USER_DELETED, Report
from consumers.catalog.resources import Resources
from consumers.catalog.versions import Standing, Versions
from contract.errors import TransientError
from contract.ledger import DEDUPLICATED, DELIVERED, QUARANTINED

REFUSED = "refused_by_personalize"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What a batch works on."""

    raw: Objects
    quarantine: Objects
    resources: Resources
    versions: Versions
    putter: Putter


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """No put is begun after `until` of the monotonic clock."""

    ports: Ports
    messages: Mapping[str, Message]  # by id
    until: float
    report: Report

    def settle(self) -> None:
        """Afterwards the report has an outcome for each message, or has given it back."""
        changes: dict[str, list[Change]] = defaultdict(list)
        bad = []
        for read in map(read_message, self.messages.values()):
            if isinstance(read, Unusable):
                bad.append(read)
            else:
                changes[read.dataset].append(read)
        if bad:
            self._keep_unusable(bad)
        for dataset, own in sorted(changes.items()):
            self._settle(dataset, newest(own))

    def _keep_unusable(self, bad: Sequence[Unusable]) -> None:
        try:
            self._keep(bad)
        except TransientError as error:
            self.report.give_back([one.message for one in bad], str(error))
        else:
            self.report.outcomes[QUARANTINED] += len(bad)

    def _keep(self, bad: Sequence[Unusable]) -> None:
        for key, body in quarantined(bad).items():
            self.ports.quarantine.put(key, body)

    def _settle(self, dataset: str, changes: Sequence[Change]) -> None:
        left = {change.id: change for change in changes}
        try:
            seen = self._to_put(left, {change.id: self.ports.versions.look(change) for change in changes})
            if seen:
                self.ports.raw.put(*snapshot_of(dataset, list(left.values())))
                arn = self.ports.resources.dataset_arn(dataset)
                begun = {name: self.ports.versions.begin(left[name], standing) for name, standing in seen.items()}
                self._put(arn, left, self._to_put(left, begun))
        except TransientError as error:
            self._give_back(left.values(), str(error))

    def _to_put(self, left: dict[str, Change], standings: Mapping[str, Standing]) -> dict[str, Standing]:
        """Those of which a row is to be put. The others are settled, perhaps by another, and leave `left`."""
        for name, standing in standings.items():
            if standing.row is None:
                self._count(left.pop(name), DEDUPLICATED if standing.is_known else SUPERSEDED)
        return {name: standing for name, standing in standings.items() if standing.row is not None}

    def _put(self, arn: str, left: dict[str, Change], standings: Mapping[str, Standing]) -> None:
        """Until the newest row of each was put. What is settled, or given back, leaves `left`."""
        while standings:
            done = self._made(arn, left, standings)
            standings = self._to_put_again(left, standings, done)

    def _made(self, arn: str, left: Mapping[str, Change], standings: Mapping[str, Standing]) -> Done:
        dataset = left[next(iter(standings))].dataset
        rows = {name: standing.row or {} for name, standing in standings.items()}
        never_put = {name for name, row in rows.items() if _is_never_put(dataset, row)}
        records = [record_of(dataset, row) for name, row in rows.items() if name not in never_put]
        done = self.ports.putter.put(dataset, arn, records, until=self.until)
        self.report.calls += done.calls
        self.report.throttles += done.throttles
        done.taken |= never_put
        return done

    def _to_put_again(
        self, left: dict[str, Change], standings: Mapping[str, Standing], done: Done
    ) -> dict[str, Standing]:
        """Those of which a newer row is known by now."""
        again = {}
        for name, put in standings.items():
            try:
                after = self._finished(left[name], put, done)
            except TransientError as error:
                self._give_back([left.pop(name)], str(error))
                continue
            if after.row is None:
                left.pop(name)
            else:
                again[name] = after
        return again

    def _finished(self, change: Change, put: Standing, done: Done) -> Standing:
        refusal = done.refused.get(change.id)
        if refusal is None and change.id not in done.taken:
            raise TransientError("Personalize was busy until the time was over")
        is_own = put.version == change.version
        if refusal is not None and is_own:
            self._keep([unusable(self.messages[change.messages[-1]], REFUSED, refusal)])
        after = self.ports.versions.finish(change, put, refused=refusal is not None)
        if after.row is None:
            self.report.refused += refusal is not None and is_own
            self._count(change, SUPERSEDED if not is_own else _outcome(change) if refusal is None else QUARANTINED)
        return after

    def _count(self, change: Change, outcome: str) -> None:
        """Of its messages the last is the change's own."""
        self.report.outcomes[outcome] += 1
        if older := len(change.messages) - 1:
            self.report.outcomes[SUPERSEDED] += older

    def _give_back(self, changes: Iterable[Change], why: str) -> None:
        self.report.give_back([message for change in changes for message in change.messages], why)


def _is_never_put(dataset: str, row: Mapping[str, Any]) -> bool:
    return dataset == "users" and bool(row.get("deleted"))


def _outcome(change: Change) -> str:
    return USER_DELETED if _is_never_put(change.dataset, change.row) else DELIVERED
