"""The facts of a deployment that the reconciler has brought to rest, in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from consumers.personalize_sync.naming import names_for
from contract.times import format_instant
from operations.audit.core import Patience
from operations.audit.imports.core import audit_imports
from operations.audit.imports.gather import gather_imports
from operations.audit.report import Hop
from operations.status.core import sections
from operations.status.gather import Sources, gather_facts, shown_in_a_day
from tests.support.folder_store import FolderStore
from tests.support.reconciler_world import SETTINGS, Deployment

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    made = Deployment.published()
    assert made.settle().is_settled
    return made


def sources(deployment: Deployment) -> Sources:
    names = names_for(SETTINGS.personalize_role_arn, deployment=SETTINGS.deployment, region=SETTINGS.aws_region)
    return Sources(
        personalize=deployment.personalize, s3=deployment.s3, bucket="bucket", state=deployment.state, names=names
    )


def at(deployment: Deployment) -> datetime:
    return datetime.fromtimestamp(deployment.now, UTC)


def test_the_status_of_a_deployment_at_rest(deployment: Deployment) -> None:
    effects = (len(deployment.personalize.started), dict(deployment.state.items))
    facts = gather_facts(sources(deployment), at(deployment), streams=iter(()), quarantine=[], cap_usd=1_000)
    shown = {section.name: section.rows for section in sections(facts)}

    assert [(row["dataset"], row["status"], row["rows"]) for row in shown["datasets"]] == [
        (name, "ACTIVE", 2_000) for name in ("interactions", "items", "users")
    ]
    assert [(row["dataset"], row["publication"], row["mode"], row["status"]) for row in shown["imports"]] == [
        (name, 1, "FULL", "ACTIVE") for name in ("interactions", "items", "users")
    ]
    (campaign,) = shown["campaigns"]
    serving = [row for row in shown["versions"] if row["serves"]]
    assert (campaign["status"], [row["version"] for row in serving]) == ("ACTIVE", [campaign["version"]])
    assert [row["ndcg@25"] for row in serving] == [0.3]
    assert {row["kind"] for row in shown["decisions"]} >= {"train", "promote"}
    assert [row["behind"] for row in shown["lags"]] == [0, 0, 0]
    (cost,) = shown["cost"]
    assert cost["cap_usd"] == 1_000
    assert 0 < cost["usd_per_month"] < 1_000
    assert (len(deployment.personalize.started), deployment.state.items) == effects  # it only looked


def test_a_campaign_that_nobody_asks_for_a_day_is_warned_of(deployment: Deployment) -> None:
    later = at(deployment) + timedelta(days=1, seconds=1)

    (warning,) = gather_facts(sources(deployment), later, streams=iter(()), quarantine=[]).warnings

    assert "nobody asked it for 24 hours" in warning


def test_lists_that_were_shown_are_counted_for_a_day() -> None:
    deployment = Deployment()
    now = at(deployment)
    deployment.state.put("watermark#realtime", "shard-1", {})
    for hours, shown in ((0, 5), (23, 7), (25, 11)):
        start = format_instant(now - timedelta(hours=hours))
        deployment.state.put("clickthrough#shard-1", start, {"shown": shown, "clicked": 1})

    assert shown_in_a_day(deployment.state, now) == 12


def test_before_the_first_round_nothing_is_there() -> None:
    deployment = Deployment()

    facts = gather_facts(sources(deployment), at(deployment), streams=iter(()), quarantine=[])

    assert (facts.world.group, facts.cost, facts.warnings) == (None, None, [])


def test_what_the_reconciler_imported_the_audit_finds(
    deployment: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = FolderStore(tmp_path_factory.mktemp("bucket"))
    for key, data in deployment.s3.objects.items():
        store.put(key, data)

    evidence = gather_imports(
        store, deployment.state, deployment.personalize, prefix=SETTINGS.deployment, interactions_source="both"
    )
    report = audit_imports(evidence, Patience(now=at(deployment), allowed=None))

    assert report.hops == [Hop(hop="import", accepted=6_000, delivered=6_000)]
    # The fake's bucket has another name than the folder.
    assert {finding.what.partition(" from ")[0] for finding in report.findings} == {"was imported FULL"}
