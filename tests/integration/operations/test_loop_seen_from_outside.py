"""The status and the audit of imports, asked of the real emulator after a reconciler's work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from consumers.personalize_sync.naming import names_for
from operations.audit.core import Patience
from operations.audit.imports.core import audit_imports
from operations.audit.imports.gather import gather_imports
from operations.audit.report import Hop, Report
from operations.status.core import sections
from operations.status.gather import Sources, gather_facts
from tests.support.personalize_server import Server, running, s3_server
from tests.support.reconciler_emulator import Emulated, tasteful_rows

pytestmark = pytest.mark.integration

ROWS = tasteful_rows(users=30)
ITEMS, USERS = len(ROWS["items"]), len(ROWS["users"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server() as s3, running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


@pytest.fixture(scope="module")
def deployment(server: Server) -> Emulated:
    """With the catalog imported, and nothing to train on."""
    made = Emulated(server, "seen-from-outside")
    for dataset in ("items", "users"):
        made.publish(dataset, ROWS[dataset])
    made.settle(seconds=20)
    return made


def audited(deployment: Emulated) -> Report:
    evidence = gather_imports(
        deployment.store, deployment.state, deployment.personalize, prefix=deployment.name, interactions_source="both"
    )
    return audit_imports(evidence, Patience(now=datetime.now(UTC), allowed=None))


def test_the_status_is_what_the_service_says(deployment: Emulated) -> None:
    settings = deployment.settings
    sources = Sources(
        personalize=deployment.personalize,
        s3=deployment.s3,
        bucket=deployment.name,
        state=deployment.state,
        names=names_for(settings.personalize_role_arn, deployment=settings.deployment, region=settings.aws_region),
    )

    facts = gather_facts(sources, datetime.now(UTC), streams=iter(()), quarantine=[])
    shown = {section.name: section.rows for section in sections(facts)}

    assert [(row["dataset"], row["status"], row["rows"]) for row in shown["datasets"]] == [
        ("interactions", "ACTIVE", 0),
        ("items", "ACTIVE", ITEMS),
        ("users", "ACTIVE", USERS),
    ]
    assert [(row["dataset"], row["status"]) for row in shown["imports"]] == [("items", "ACTIVE"), ("users", "ACTIVE")]


def test_every_row_that_was_published_was_imported(deployment: Emulated) -> None:
    assert audited(deployment) == Report(
        hops=[Hop(hop="import", accepted=ITEMS + USERS, delivered=ITEMS + USERS)], findings=[], pending=[]
    )


def test_an_import_behind_the_reconcilers_back_is_named(deployment: Emulated) -> None:
    deployment.personalize.create_dataset_import_job(
        jobName="by-hand",
        datasetArn=f"arn:aws:personalize:us-east-1:000000000000:dataset/{deployment.name}/ITEMS",
        dataSource={"dataLocation": f"s3://{deployment.name}/items/0000000001/full/"},
        roleArn="arn:aws:iam::000000000000:role/personalize",
    )
    deployment.server.idle()

    assert [str(finding) for finding in audited(deployment).findings] == [
        "import: rows that no publication has were imported into items (by-hand)"
    ]
