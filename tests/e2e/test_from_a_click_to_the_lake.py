"""The demo's own code on a smaller shop: every folder takes part, and what arrives is compared with the truth."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from rich.console import Console

from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths
from operations.audit.core import Patience, audit
from operations.audit.gather import Stores, gather
from operations.audit.report import Hop
from operations.demo.run import Demo, run_demo
from operations.demo.sources import Simulation
from operations.deployment import Deployment, find_deployment
from operations.quarantine import read_quarantine
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Broken, simulate

pytestmark = pytest.mark.e2e

EVENTS = 2_000
BROKEN = EVENTS // 20  # the simulator's share


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo left behind."""

    balanced: bool
    report: dict[str, Any]
    deployment: Deployment


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    home = tmp_path_factory.mktemp("local")
    paths = LocalPaths(home=home)
    path = home / "report.json"
    demo = Demo(source=Simulation(seed=3, events=EVENTS, today=datetime.now(UTC)), items=None, report=path, paths=paths)
    kept = dict(os.environ)
    balanced = run_demo(demo, Console(quiet=True))
    endpoint = Endpoint.start(paths=paths, jars=LocalPaths().jars, warm_spark=False, timed_delivery=False)
    os.environ.update(endpoint.environment())
    try:
        yield Shown(balanced, json.loads(path.read_text()), find_deployment("local"))
    finally:
        endpoint.stop()
        os.environ.clear()
        os.environ.update(kept)


def test_every_hop_balances_with_the_numbers_that_were_sent(shown: Shown) -> None:
    sent = simulation()
    lines = EVENTS + sent.duplicates + sent.broken
    refusing = shown.report["hops"][2]["excluded"]

    assert shown.balanced
    assert shown.report["balanced"] is True
    assert shown.report["hops"] == [
        hop("producer", accepted=EVENTS, delivered=EVENTS),
        hop("raw", accepted=lines, delivered=lines),
        hop(
            "events",
            accepted=lines,
            delivered=EVENTS - refusing,
            deduplicated=sent.duplicates,
            quarantined=sent.broken,
            excluded=refusing,
        ),
    ]


def test_exactly_the_broken_lines_are_in_the_quarantine_with_reason_and_bytes(shown: Shown) -> None:
    broken = [sent for sent in simulate(simulation()) if isinstance(sent, Broken)]
    expected = Counter((sent.kind.reason.value, sent.kind.rule, sent.line) for sent in broken)

    kept = Counter((bad.reason, bad.rule, bad.payload) for bad in read_quarantine(shown.deployment.quarantine()))

    assert kept == expected
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
    stages = ("endpoint", "synth", "deploy", "produce", "job", "athena", "audit", "total")
    assert tuple(shown.report["seconds"]) == stages


def test_the_audit_answers_after_a_restart_of_the_endpoint(shown: Shown) -> None:
    stores = Stores(raw=shown.deployment.raw(), lake=shown.deployment.lake(), quarantine=shown.deployment.quarantine())

    report = audit(gather(stores), Patience(now=datetime.now(UTC), allowed=None))

    assert (report.balanced, [asdict(hop) for hop in report.hops]) == (True, shown.report["hops"])


def simulation() -> SimulationSettings:
    midnight = datetime.combine(datetime.now(UTC).date(), time(), tzinfo=UTC)
    return SimulationSettings(seed=3, events=EVENTS, start=midnight - timedelta(days=7), days=7)


def hop(name: str, *, accepted: int, delivered: int, **others: int) -> dict[str, Any]:
    return asdict(Hop(hop=name, accepted=accepted, delivered=delivered, **others))
