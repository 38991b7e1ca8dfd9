"""Each rule of the gate stops a publication by itself: nothing is published, the last good files stay, the event says
which rule and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from contract.manifest import FULL, Source
from glue_jobs.files.publish import Draft, GateRefused, Publisher
from glue_jobs.gate.model import Context, Severity
from glue_jobs.gate.rules import RULES
from tests.support.files_world import MemoryBus, no_documents
from tests.support.folder_store import FolderStore
from tests.support.personalize_files import CASES, NOW, Case, good, schema_of

pytestmark = pytest.mark.integration

OF_NAMES_ONLY = {"compressed"}  # a job names its files itself; the command's tests have it


def stage(store: FolderStore, dataset: str, files: Mapping[str, bytes]) -> None:
    for bucket, data in enumerate(files.values()):
        store.put(f"_staging/{dataset}/files/repeated=false/bucket={bucket}/part.txt", data)


def draft(case: Case, number: int, rows: int) -> Draft:
    return Draft(
        dataset=case.dataset.lower(),
        number=number,
        mode=case.context.mode,
        covers=number,
        sources=(Source(key=f"events/{number}", etag="e"),),
        outcomes={"delivered": rows},
        settings={},
        schema=json.dumps(case.schema or schema_of(case.dataset)).encode(),
        context=case.context,
    )


def publisher(store: FolderStore, bus: MemoryBus, case: Case, rule: str) -> Publisher:
    gate = replace(case.settings, severities={rule: Severity.STOP})
    return Publisher(store=store, bus=bus, gate=gate, document=no_documents, clock=lambda: NOW, run_id="run")


@pytest.mark.parametrize("rule", sorted(RULES.keys() - OF_NAMES_ONLY))
def test_a_broken_rule_alone_stops_the_publication(rule: str, tmp_path: Path) -> None:
    store, bus, bad = FolderStore(tmp_path), MemoryBus(), CASES[rule]
    fine = replace(good(bad.dataset), context=Context(mode=FULL, now=NOW))
    stage(store, bad.dataset.lower(), fine.files)
    first = publisher(store, bus, fine, rule).publish(draft(fine, 1, sum(f.rows for f in fine.examined().files)))
    before = {found.key: found.etag for found in store.list("") if not found.key.startswith("data-docs/")}
    stage(store, bad.dataset.lower(), bad.files)

    with pytest.raises(GateRefused) as refused:
        publisher(store, bus, bad, rule).publish(draft(bad, 2, 0))

    after = {found.key: found.etag for found in store.list("") if not found.key.startswith("data-docs/")}
    reports = after.keys() - before.keys()
    assert before.items() <= after.items()
    assert [key for key in reports if not key.startswith("_refused/")] == []
    assert str(refused.value) == (
        f"{first.dataset} is not published, the last good files stay. {rule}: {RULES[rule].way_out}"
    )
    told, detail = bus.told[-1]
    assert (told, [(found["rule"], found["wayOut"]) for found in detail["rules"]]) == (
        "Quality Gate Failed",
        [(rule, RULES[rule].way_out)],
    )


def test_there_are_at_least_twenty_rules_and_each_has_its_dataset() -> None:
    assert len(RULES) >= 20
    assert CASES.keys() == RULES.keys()
