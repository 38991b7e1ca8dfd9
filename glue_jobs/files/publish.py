"""Staged files to a published dataset: past the gate, to their place, and only then named by a READY manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from contract.errors import ClickstreamError, TransientError
from contract.events import VERSION
from contract.ledger import DEDUPLICATED, DELIVERED
from contract.manifest import Manifest, PublishedFile, Source, encode_manifest
from contract.times import format_instant
from glue_jobs.files import layout
from glue_jobs.files.bus import DATASET_READY, GATE_FAILED, Bus
from glue_jobs.files.folders import replace_folder
from glue_jobs.files.history import History
from glue_jobs.files.news import news, refusal, stops
from glue_jobs.gate.gate import examine
from glue_jobs.gate.model import Context, Examined, GateFile
from glue_jobs.gate.settings import Settings
from glue_jobs.store import AlreadyExists, Store, StoredObject


class GateRefused(ClickstreamError):
    """The rows would be refused, or are not worth training on; the message says which rules, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a job staged. `outcomes`: of every row that it read; repeats still count as delivered."""

    dataset: str
    number: int
    mode: str
    covers: int
    sources: tuple[Source, ...]
    outcomes: Mapping[str, int]
    settings: Mapping[str, str]
    schema: bytes  # Avro, as Personalize is told
    context: Context

    @property
    def digest(self) -> str:
        """Of all that the gate's verdict depends on."""
        facts = [self.dataset, self.mode, self.covers, [asdict(s) for s in self.sources], sorted(self.settings.items())]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """`document` writes Data Docs into a folder and says whether its own suites passed."""

    store: Store
    bus: Bus
    gate: Settings
    document: Callable[[Examined, Mapping[str, Any], Path], bool]
    clock: Callable[[], datetime]
    run_id: str

    def publish(self, draft: Draft) -> Manifest:
        """Safe to kill at any moment: what counts is the READY manifest, put last and never replaced.

        Raises GateRefused, with the last good dataset left in place; TransientError when another run was faster.
        """
        found = self.store.list(layout.staging(draft.dataset))
        schema = json.loads(draft.schema)
        files = [_gate_file(self.store, bucket, stored) for bucket, stored in layout.staged_files(found).items()]
        examined = examine(files, schema, draft.context, self.gate)
        write = partial(self.document, examined, schema)
        agrees = replace_folder(self.store, layout.docs_prefix(draft.dataset), write)
        if not examined.verdict.passed:
            self._refuse(draft, examined)
        if not agrees:
            raise AssertionError("Great Expectations refuses what the gate passes; see the Data Docs")
        outcomes = _settled(draft, examined, layout.staged_repeats(found))
        manifest = self._copied(draft, examined, found, outcomes)
        self._commit(manifest)
        self.announce(manifest)
        self.clear(draft.dataset)
        return manifest

    def was_refused(self, draft: Draft) -> bool:
        """Whether the gate has refused the very same before, and said so."""
        return bool(self.store.list(layout.refused_key(draft.dataset, draft.digest)))

    def finish(self, dataset: str, history: History) -> None:
        """Do what the run of the last publication may have died before: tell of it, and clear up."""
        self.clear(dataset)
        last = history.last
        if last is not None and not self.store.list(layout.announced_key(dataset, last.number)):
            self.announce(last)

    def announce(self, manifest: Manifest) -> None:
        self.bus.put(DATASET_READY, news(manifest, self.store))
        self.store.put(layout.announced_key(manifest.dataset, manifest.number), b"")

    def clear(self, dataset: str) -> None:
        """Remove what a run left in staging."""
        self.store.delete([found.key for found in self.store.list(layout.staging(dataset))])

    def _refuse(self, draft: Draft, examined: Examined) -> None:
        key = layout.refused_key(draft.dataset, draft.digest)
        docs = self.store.uri(f"{layout.docs_prefix(draft.dataset)}index.html")
        stopped = stops(examined.verdict)
        self.bus.put(GATE_FAILED, refusal(draft.dataset, draft.mode, stopped, report=self.store.uri(key), docs=docs))
        self.store.put(key, json.dumps(examined.verdict.as_data(), indent=1).encode())
        self.clear(draft.dataset)
        said = "; ".join(f"{result.rule}: {result.way_out}" for result in stopped)
        raise GateRefused(f"{draft.dataset} is not published, the last good files stay. {said}")

    def _copied(
        self, draft: Draft, examined: Examined, found: Sequence[StoredObject], outcomes: dict[str, int]
    ) -> Manifest:
        home = layout.home(draft.dataset, draft.number)
        self.store.delete([found.key for found in self.store.list(home)])  # of a run that died
        prefix = layout.files_prefix(draft.dataset, draft.number, draft.mode)
        files = []
        for (bucket, stored), facts in zip(layout.staged_files(found).items(), examined.files, strict=True):
            if not facts.rows:
                continue  # few ids may leave a bucket empty
            key = f"{prefix}{layout.data_file(bucket)}"
            etag = self.store.copy(stored.key, key)
            files.append(PublishedFile(key=key, etag=etag, size=facts.size, rows=facts.rows, sha256=facts.sha256))
        schema = layout.schema_key(draft.dataset, draft.number)
        self.store.put(schema, draft.schema)
        manifest = Manifest(
            dataset=draft.dataset,
            number=draft.number,
            mode=draft.mode,
            run_id=self.run_id,
            finished_at=format_instant(self.clock()),
            contract_version=VERSION,
            prefix=prefix,
            files=tuple(files),
            schema_key=schema,
            covers=draft.covers,
            sources=draft.sources,
            outcomes=outcomes,
            settings=dict(draft.settings),
            gate=examined.verdict.as_data(),
            profile=examined.profile,
            last_day_key=self._copied_last_day(draft, found),
        )
        self._require_there(manifest)
        return manifest

    def _copied_last_day(self, draft: Draft, found: Sequence[StoredObject]) -> str:
        """Its key, or nothing where none was staged."""
        staged = layout.staged_last_day(found)
        if staged is None:
            return ""
        key = layout.last_day_key(draft.dataset, draft.number)
        self.store.copy(staged.key, key)
        return key

    def _require_there(self, manifest: Manifest) -> None:
        there = {(found.key, found.etag, found.size) for found in self.store.list(manifest.prefix)}
        if there != {(file.key, file.etag, file.size) for file in manifest.files}:
            raise AssertionError(f"{manifest.prefix} does not hold what was copied to it: {sorted(there)}")

    def _commit(self, manifest: Manifest) -> None:
        try:
            self.store.create(manifest.key, encode_manifest(manifest))
        except AlreadyExists as error:
            raise TransientError(f"another run wrote {manifest.key} first; run again") from error


def _gate_file(store: Store, bucket: int, stored: StoredObject) -> GateFile:
    return GateFile(name=layout.data_file(bucket), read=lambda: store.read(stored.key))


def _settled(draft: Draft, examined: Examined, repeats: list[StoredObject]) -> dict[str, int]:
    """The outcomes with repeats told apart. Raises AssertionError unless every row read is accounted for."""
    written = sum(file.rows for file in examined.files)
    repeated = sum(found.size for found in repeats) // len(b"x\n")
    if written + repeated != draft.outcomes.get(DELIVERED, 0):
        raise AssertionError(f"{draft.outcomes} of {draft.dataset}, but {written} lines written, {repeated} repeated")
    return {**draft.outcomes, DELIVERED: written, DEDUPLICATED: repeated}
