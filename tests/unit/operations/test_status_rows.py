"""What a status says of what Personalize holds, what was decided, and what waits."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from consumers.personalize_sync.cost import Estimate, Line
from consumers.personalize_sync.publications import Publication
from consumers.personalize_sync.world import Campaign, Change, Dataset, ImportJob, Resource, World
from contract.manifest import FULL, INCREMENTAL, Manifest, PublishedFile
from contract.times import format_instant, parse_instant
from operations.status.core import Section, sections
from operations.status.facts import Facts, StreamLag
from operations.status.show import show_status

pytestmark = pytest.mark.unit

AT = "2026-11-23T09:00:00.000Z"
NOW = parse_instant(AT).timestamp() + 90
ARN = "arn:aws:personalize:us-east-1:000000000000:"
SOLUTION = "user-personalization"


def publication(dataset: str, number: int, mode: str = FULL, *, rows: int = 100) -> Publication:
    prefix = f"{dataset}/{number:010d}/{mode.lower()}/"
    file = PublishedFile(key=f"{prefix}part-00000.csv", etag="e", size=1, rows=rows, sha256="s")
    manifest = Manifest(
        dataset=dataset,
        number=number,
        mode=mode,
        run_id="r",
        finished_at=AT,
        contract_version=1,
        prefix=prefix,
        files=(file,),
        schema_key="",
        covers=0,
        sources=(),
        outcomes={},
        settings={},
    )
    return Publication(dataset=dataset, number=number, manifest=manifest)


def job(dataset: str, number: int, status: str = "ACTIVE", *, attempt: int = 1, failure: str = "") -> ImportJob:
    arn = f"{ARN}dataset-import-job/{dataset}-{number}-{attempt}"
    times = {"created": NOW - 60 + number, "updated": NOW - 30}
    return ImportJob(
        kind="DatasetImportJob", arn=arn, status=status, failure=failure, dataset=dataset, number=number,
        attempt=attempt, **times,
    )  # fmt: skip


def dataset(name: str, status: str = "ACTIVE", **other: Any) -> Dataset:
    return Dataset(kind="Dataset", arn=f"{ARN}dataset/{name}", status=status, schema_arn="s", **other)


def version(number: int, status: str = "ACTIVE", failure: str = "") -> Resource:
    arn = f"{ARN}solution/{SOLUTION}/v{number}"
    return Resource(kind="SolutionVersion", arn=arn, status=status, created=NOW - 100 + number, failure=failure)


WORLD = World(
    datasets={
        "interactions": dataset("interactions", change=Change(to="s2", status="CREATE IN_PROGRESS")),
        "items": dataset("items", "CREATE FAILED", failure="no schema"),
    },
    imports={
        "interactions": (job("interactions", 1), job("interactions", 2), job("interactions", 3, "CREATE PENDING")),
        "items": (job("items", 1, "CREATE FAILED", failure="Invalid Data location."),),
    },
    versions={SOLUTION: (*map(version, range(1, 7)), version(7, "CREATE FAILED", "too few"))},
    campaigns={
        SOLUTION: Campaign(
            kind="Campaign",
            arn=f"{ARN}campaign/c",
            status="ACTIVE",
            version_arn=version(5).arn,
            min_tps=1,
            change=Change(to=version(6).arn, status="CREATE PENDING"),
        )
    },
)
SHELF = {
    "interactions": (
        publication("interactions", 1),
        publication("interactions", 2, INCREMENTAL, rows=11),
        publication("interactions", 3, INCREMENTAL),
        Publication(dataset="interactions", number=4, fault="unreadable"),
    ),
    "items": (publication("items", 1),),
}
DECISION = {
    "kind": "train",
    "decision": "wait",
    "why": "no news",
    "numbers": {"new": 0.01, "old": None},
    "subject": SOLUTION,
    "key": "k",
}
FACTS = Facts(
    now=NOW,
    world=WORLD,
    shelf=SHELF,
    metrics={
        version(6).arn: {"normalized_discounted_cumulative_gain_at_25": 0.25, "coverage": 0.5, "precision_at_5": 0.1}
    },
    decisions=[(AT, DECISION)],
    streams=[StreamLag(consumer="realtime", records=3, problem="it fails")],
    quarantine=[("wrong_type", "value.type", 7)],
    cost=Estimate(
        lines=(
            Line(price="glue", what="", quantity=1, unit="h", usd=20.004, verified=True),
            Line(price="s3", what="", quantity=1, unit="GB", usd=1, verified=False),
        ),
        events=2e6,
    ),
    cap_usd=300,
    warnings=["Campaign c is idle"],
)


def rows(name: str, facts: Facts = FACTS) -> list[dict[str, Any]]:
    return next(list(section.rows) for section in sections(facts) if section.name == name)


def test_datasets_have_their_status_and_the_rows_that_were_imported() -> None:
    assert rows("datasets") == [
        {
            "dataset": "interactions", "status": "ACTIVE", "rows": 111, "schema": "changing: CREATE IN_PROGRESS",
            "failure": "",
        },
        {"dataset": "items", "status": "CREATE FAILED", "rows": 0, "schema": "", "failure": "no schema"},
        {"dataset": "users", "status": "not there", "rows": 0, "schema": "", "failure": ""},
    ]  # fmt: skip


def test_of_imports_the_last_of_each_dataset_is_shown() -> None:
    since = format_instant(parse_instant("2026-11-23T09:01:00.000Z"))

    assert rows("imports") == [
        {
            "dataset": "interactions", "publication": 3, "mode": "INCREMENTAL", "status": "CREATE PENDING",
            "since": since, "failure": "",
        },
        {
            "dataset": "items", "publication": 1, "mode": "FULL", "status": "CREATE FAILED", "since": since,
            "failure": "Invalid Data location.",
        },
    ]  # fmt: skip


def test_of_versions_the_newest_five_are_shown_with_their_metrics_and_which_answers() -> None:
    shown = rows("versions")

    assert [(row["version"], row["status"], row["serves"], row["failure"]) for row in shown] == [
        ("v7", "CREATE FAILED", False, "too few"),
        ("v6", "ACTIVE", False, ""),
        ("v5", "ACTIVE", True, ""),
        ("v4", "ACTIVE", False, ""),
        ("v3", "ACTIVE", False, ""),
    ]
    assert shown[1] == {
        "solution": SOLUTION, "version": "v6", "status": "ACTIVE", "created": "2026-11-23T08:59:56.000Z",
        "serves": False, "ndcg@25": 0.25, "precision@10": None, "mrr@25": None, "coverage": 0.5, "failure": "",
    }  # fmt: skip


def test_a_campaign_says_what_answers_and_what_comes() -> None:
    assert rows("campaigns") == [
        {"campaign": SOLUTION, "status": "ACTIVE", "version": "v5", "changing_to": "v6", "failure": ""}
    ]


def test_decisions_come_with_their_numbers() -> None:
    assert rows("decisions") == [
        {
            "at": AT, "kind": "train", "decision": "wait", "why": "no news", "numbers": {"new": 0.01, "old": None},
            "subject": SOLUTION,
        }
    ]  # fmt: skip


def test_lags_are_of_the_stream_and_of_each_datasets_files() -> None:
    files = {"unit": "publications", "problem": ""}

    assert rows("lags") == [
        {"what": "stream to realtime", "behind": 3, "unit": "records", "seconds": None, "problem": "it fails"},
        {"what": "files of interactions to Personalize", "behind": 2, "seconds": 90.0, **files},
        {"what": "files of items to Personalize", "behind": 1, "seconds": 90.0, **files},
        {"what": "files of users to Personalize", "behind": 0, "seconds": None, **files},
    ]


def test_quarantine_cost_and_warnings_are_one_line_each() -> None:
    assert rows("quarantine") == [{"reason": "wrong_type", "rule": "value.type", "lines": 7}]
    assert rows("cost") == [
        {"usd_per_month": 21.0, "usd_per_million_events": 10.5, "cap_usd": 300, "unverified_prices": 1}
    ]
    assert rows("warnings") == [{"warning": "Campaign c is idle"}]


def test_before_anything_was_made_there_is_little_to_say() -> None:
    nothing = Facts(now=NOW, world=World(), shelf={})

    assert [(section.name, len(section.rows)) for section in sections(nothing)] == [
        ("datasets", 3), ("imports", 0), ("versions", 0), ("campaigns", 0), ("decisions", 0), ("lags", 3),
        ("quarantine", 0), ("cost", 0), ("warnings", 0),
    ]  # fmt: skip
    assert {row["status"] for row in rows("datasets", nothing)} == {"not there"}


def test_all_of_it_can_be_read_on_a_terminal() -> None:
    console = Console(width=200, record=True, file=io.StringIO())

    show_status(console, [*sections(FACTS), Section("more", [])])

    text = console.export_text()
    for said in ("CREATE FAILED", "0.25", "new 0.01, old -", "wrong_type", "21.00", "Campaign c is idle", "more: none"):
        assert said in text
    assert "failure" not in text.partition("campaigns")[2].partition("decisions")[0]  # a column without a value
