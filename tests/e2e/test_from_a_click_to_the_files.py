"""The demo's own code on a smaller shop: every folder takes part, and what arrives is compared with the truth."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins
from rich.console import Console

from contract.projection import INTERACTIONS, interaction, is_exported
from glue_jobs.files.history import read_history
from glue_jobs.gate.rules import RULES
from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths
from operations.audit.core import Patience
from operations.audit.everything import audit_all
from operations.audit.files.gather import read_csv
from operations.audit.report import Hop
from operations.demo.run import Demo, run_demo
from operations.demo.sources import Simulation
from operations.deployment import Deployment, find_deployment
from operations.quarantine import read_quarantine
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Broken, Sent, simulate
from producers.simulator.snapshots import catalog_truth
from tests.support.strict_reader import read_dataset

pytestmark = pytest.mark.e2e

EVENTS, ITEMS, USERS = 6_000, 60, 100  # few of each, so that a model of so few events beats popularity
LIVE = 9  # three shoppers' three clicks
BROKEN = EVENTS // 20  # the simulator's share


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo left behind."""

    balanced: bool
    report: dict[str, Any]
    deployment: Deployment
    folder: Path  # of the report


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    home = tmp_path_factory.mktemp("local")
    paths = LocalPaths(home=home)
    path = home / "report.json"
    source = Simulation(seed=3, events=EVENTS, today=datetime.now(UTC), items=ITEMS, users=USERS)
    demo = Demo(source=source, items=None, report=path, paths=paths)
    kept = dict(os.environ)
    balanced = run_demo(demo, Console(quiet=True))
    endpoint = Endpoint.start(paths=paths, jars=LocalPaths().jars, warm_spark=False, timed_delivery=False)
    os.environ.update(endpoint.environment())
    try:
        yield Shown(balanced, json.loads(path.read_text()), find_deployment("local"), home)
    finally:
        endpoint.stop()
        os.environ.clear()
        os.environ.update(kept)


def test_every_hop_balances_with_the_numbers_that_were_sent(shown: Shown) -> None:
    sent, catalog = simulation(), catalog_truth(simulation())
    lines = EVENTS + sent.duplicates + sent.broken + LIVE
    hops = {one["hop"]: one for one in shown.report["hops"]}
    refusing, put, found = hops["events"]["excluded"], hops["put_events"], hops["interactions"]
    kept = EVENTS + LIVE - refusing
    imported = found["delivered"] + sum(truth.delivered for truth in catalog.values())

    assert shown.balanced
    assert shown.report["balanced"] is True
    assert shown.report["hops"] == [
        hop("producer", accepted=EVENTS + LIVE, delivered=EVENTS + LIVE),
        hop("raw", accepted=lines, delivered=lines),
        hop(
            "events",
            accepted=lines,
            delivered=kept,
            deduplicated=sent.duplicates,
            quarantined=sent.broken,
            excluded=refusing,
        ),
        hop(
            "put_events",
            accepted=lines,
            delivered=put["delivered"],
            quarantined=sent.broken,
            excluded=lines - sent.broken - put["delivered"],
        ),
        hop(
            "interactions",
            accepted=kept,
            delivered=found["delivered"],
            deduplicated=found["deduplicated"],
            excluded=kept - LIVE - found["delivered"] - found["deduplicated"],
            pending=LIVE,
        ),
        *(
            hop(
                name,
                accepted=truth.lines,
                delivered=truth.delivered,
                quarantined=truth.quarantined,
                excluded=truth.superseded + truth.deleted,
            )
            for name, truth in catalog.items()
        ),
        hop("import", accepted=imported, delivered=imported),
    ]
    assert LIVE <= put["delivered"] < EVENTS


def test_a_model_was_trained_compared_and_promoted_and_clicks_changed_what_it_recommends(shown: Shown) -> None:
    promotion, recommended = shown.report["promotion"], shown.report["recommendations"]

    assert promotion["decision"] == "promoted"
    assert set(promotion) == {"decision", "why", "metrics"}
    assert promotion["metrics"]
    assert len(recommended) == 3
    for seen in recommended.values():
        assert len(seen["before"]) == len(seen["after"]) == 10
        assert seen["before"] != seen["after"]
    items = {item for seen in recommended.values() for both in seen.values() for item in both}
    assert shown.report["item_names"].keys() == items
    for found in shown.report["latency_ms"].values():
        assert 0 < found["p50"] <= found["p95"]


def test_exactly_the_broken_lines_are_in_the_quarantine_with_reason_and_bytes(shown: Shown) -> None:
    broken = [sent for sent in simulate(simulation()) if isinstance(sent, Broken)]
    expected = Counter((sent.kind.reason.value, sent.kind.rule, sent.line) for sent in broken)

    found = list(read_quarantine(shown.deployment.quarantine()))
    events = [bad for bad in found if not bad.source_object.startswith("catalog/")]
    kept = Counter((bad.reason, bad.rule, bad.payload) for bad in events)

    assert kept == expected
    assert Counter(bad.rule for bad in found if bad not in events) == catalog_truth(simulation())["items"].broken_rules
    assert len(broken) == BROKEN
    assert len({sent.kind.rule for sent in broken}) >= 12


def test_the_report_says_where_the_lake_is_what_athena_answered_and_how_long_it_took(shown: Shown) -> None:
    lake = {"uri": shown.deployment.lake().uri("events/"), "rows": shown.report["hops"][2]["delivered"]}

    assert shown.report["lake"]["events"] == lake
    assert shown.report["athena"] == {
        "daily_funnel": 7,
        "data_freshness": 1,
        "new_and_returning_users": 7,
        "top_items": 20,
    }
    stages = ("endpoint", "synth", "deploy", "produce", "jobs", "athena", "live", "clicks", "audit", "total")
    assert tuple(shown.report["seconds"]) == stages


def test_the_files_are_what_a_strict_reader_of_personalize_accepts(shown: Shown) -> None:
    store = shown.deployment.personalize()
    manifests = {name: read_history(store, name).last for name in ("interactions", "items", "users")}

    for name, manifest in manifests.items():
        assert manifest is not None, name
        found = {o.key.removeprefix(manifest.prefix): store.read(o.key) for o in store.list(manifest.prefix)}
        rows = read_dataset(found, json.loads(store.read(manifest.schema_key)))
        assert shown.report["files"][name] == {"uri": store.uri(manifest.prefix), "rows": len(rows)}


def test_interactions_are_the_exported_events_of_those_who_agree(shown: Shown) -> None:
    sent = [one.event for one in simulate(simulation()) if isinstance(one, Sent)]
    agreed = [event for event in sent if event.consent is None or event.consent.analytics is not False]
    wanted = {tuple(interaction(row).values()) for row in map(to_builtins, agreed) if is_exported(row)}
    manifest = read_history(shown.deployment.personalize(), "interactions").last
    assert manifest is not None

    rows = [
        row for file in manifest.files for row in read_csv(shown.deployment.personalize().read(file.key), INTERACTIONS)
    ]

    assert len(rows) == len(wanted)
    assert set(rows) == wanted


def test_the_gate_passed_by_every_rule_that_applies_and_its_pages_are_there(shown: Shown) -> None:
    rules = shown.report["gate"]["rules"]

    assert shown.report["gate"]["passed"] is True
    assert {rule["rule"] for rule in rules} == RULES.keys()
    assert [rule for rule in rules if rule["passed"] is False and rule["severity"] == "stop"] == []
    for dataset in ("interactions", "items", "users"):
        assert "Expectation" in (shown.folder / "data-docs" / dataset / "index.html").read_text()


def test_the_audit_answers_after_a_restart_of_the_endpoint(shown: Shown) -> None:
    report = audit_all(shown.deployment, Patience(now=datetime.now(UTC), allowed=None))

    assert (report.balanced, [asdict(hop) for hop in report.hops]) == (True, shown.report["hops"])


def simulation() -> SimulationSettings:
    midnight = datetime.combine(datetime.now(UTC).date(), time(), tzinfo=UTC)
    start = midnight - timedelta(days=7)
    return SimulationSettings(seed=3, events=EVENTS, start=start, days=7, items=ITEMS, users=USERS)


def hop(name: str, *, accepted: int, delivered: int, **others: int) -> dict[str, Any]:
    return asdict(Hop(hop=name, accepted=accepted, delivered=delivered, **others))
