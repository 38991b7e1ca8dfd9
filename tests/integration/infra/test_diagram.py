"""The README's picture is that of the templates, and is drawn again when they change."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from infra.assembly import Address, Assembly
from infra.assets import ROOT
from infra.diagram import draw
from infra.drawing.dot import to_dot
from infra.drawing.flow import read_flow
from infra.drawing.grid import PLACES, place
from infra.drawing.groups import group, names
from infra.drawing.ways import without_repeats

pytestmark = pytest.mark.integration

FILE_JOBS = ("Interactions", "Items", "Users")
FOR_RECONCILER = ("DatasetReady", "ImportDone", "ReconcileRequested", "VersionReady")
FOR_CATALOG = ("ItemChanged", "UserChanged")
FROM_BUS_TO_PEOPLE = (
    *("QualityGateFailed", "ImportFailed", "TrainingFailed", "ResourceFailed", "RolledBack"),
    *("ImportHeld", "CostRefused"),
)


@pytest.fixture(scope="session")
def dev(assemblies: Mapping[str, Assembly]) -> Assembly:
    return assemblies["dev"]


def test_the_picture_is_of_todays_templates(dev: Assembly) -> None:
    drawn = (ROOT / "docs" / "architecture.dot").read_text()

    assert to_dot(read_flow(dev), dev) == drawn, "the templates changed: run `make synth diagram`, look, commit"
    assert (ROOT / "docs" / "architecture.png").read_bytes().startswith(b"\x89PNG")


def test_data_flows_from_the_stream_to_athena_to_the_files_and_to_personalize(dev: Assembly) -> None:
    edges = sorted((edge.tail.name, edge.head.name) for edge in read_flow(dev).edges if edge.kind == "data")

    assert edges == [
        ("BucketsLake", "InteractionsGlueJob"),
        ("BucketsLake", "QueriesWorkGroup"),
        ("BucketsPersonalize", "PersonalizeAccess"),
        ("BucketsQuarantine", "QueriesWorkGroup"),
        ("BucketsRaw", "EventsGlueJob"),
        ("BucketsRaw", "InteractionsGlueJob"),
        ("BucketsRaw", "ItemsGlueJob"),
        ("BucketsRaw", "UsersGlueJob"),
        ("Events", "FunctionsRealtimeFunction"),
        ("Events", "RawDeliveryDeliveryStream"),
        ("EventsGlueJob", "BucketsLake"),
        ("EventsGlueJob", "BucketsQuarantine"),
        ("FunctionsCatalogFunction", "PersonalizeAccess"),
        ("FunctionsCatalogQueue", "FunctionsCatalogFunction"),
        ("FunctionsCollectorApi", "FunctionsCollectorFunction"),
        ("FunctionsCollectorFunction", "Events"),
        ("FunctionsPersonalizeSyncFunction", "PersonalizeAccess"),
        ("FunctionsRealtimeFunction", "Features"),
        ("FunctionsRealtimeFunction", "PersonalizeAccess"),
        ("FunctionsWarmingFunction", "Features"),
        ("InteractionsGlueJob", "BucketsPersonalize"),
        ("ItemsGlueJob", "BucketsPersonalize"),
        ("ItemsGlueJob", "BucketsQuarantine"),
        ("RawDeliveryDeliveryStream", "BucketsRaw"),
        ("UsersGlueJob", "BucketsPersonalize"),
        ("UsersGlueJob", "BucketsQuarantine"),
    ]


def test_landed_objects_jobs_the_bus_and_the_clock_wake_jobs_and_functions(dev: Assembly) -> None:
    edges = {(edge.tail.name, edge.head.name) for edge in read_flow(dev).edges if edge.kind == "wake"}

    assert edges == {
        ("BucketsRaw", "RoutingRawLandedRule"),
        ("RoutingRawLandedRule", "EventsGlueJobWorkflow"),
        ("EventsGlueJobWorkflow", "EventsGlueJob"),
        ("RoutingEventsHourlySchedule", "EventsGlueJob"),
        *(("EventsGlueJob", f"RoutingEventsReady{job}Rule") for job in FILE_JOBS),
        *((f"RoutingEventsReady{job}Rule", f"{job}GlueJobWorkflow") for job in FILE_JOBS),
        *((f"{job}GlueJobWorkflow", f"{job}GlueJob") for job in FILE_JOBS),
        *((f"Routing{job}NightlySchedule", f"{job}GlueJob") for job in FILE_JOBS),
        *(("EventBus", f"Routing{rule}Rule") for rule in (*FOR_RECONCILER, *FOR_CATALOG, "Promoted")),
        *((f"Routing{rule}Rule", "FunctionsPersonalizeSyncFunction") for rule in FOR_RECONCILER),
        *((f"Routing{rule}Rule", "FunctionsCatalogQueue") for rule in FOR_CATALOG),
        ("RoutingPromotedRule", "FunctionsWarmingFunction"),
        ("RoutingReconcileSchedule", "FunctionsPersonalizeSyncFunction"),
        ("RoutingAuditSchedule", "FunctionsAuditFunction"),
    }


def test_every_alert_is_known(dev: Assembly) -> None:
    edges = {
        (edge.tail.name, edge.head.name)
        for edge in read_flow(dev).edges
        if edge.kind == "failure" and not edge.dead_letter and not edge.tail.name.startswith("Alarms")
    }

    assert edges == {
        ("EventsGlueJob", "RoutingEventsJobFailedRule"),
        *((f"{job}GlueJob", "RoutingFilesJobFailedRule") for job in FILE_JOBS),
        *((f"{job}GlueJob", "EventBus") for job in FILE_JOBS),
        *(("EventBus", f"Routing{rule}Rule") for rule in FROM_BUS_TO_PEOPLE),
        *((f"Routing{rule}Rule", "Alerts") for rule in (*FROM_BUS_TO_PEOPLE, "EventsJobFailed", "FilesJobFailed")),
        *(("FunctionsAuditFunction", f"Alarms{alarm}") for alarm in ("LedgerImbalance", "AuditSilent")),
    }


def test_every_rule_schedule_function_and_queue_has_somewhere_for_dead_letters(dev: Assembly) -> None:
    flow = read_flow(dev)
    edges = {(edge.tail.name, edge.head.name) for edge in flow.edges if edge.dead_letter}
    routed = [n for n in flow.nodes if n.type in {"AWS::Events::Rule", "AWS::Scheduler::Schedule"}]

    assert edges == {
        *((node.address.name, "RoutingUndelivered") for node in routed),
        *((f"Functions{name}Function", f"Functions{name}Failed") for name in ("Audit", "PersonalizeSync", "Warming")),
        ("FunctionsCatalogQueue", "FunctionsCatalogFailed"),
    }
    assert len(routed) == 20 + 6


def test_every_alarm_tells_people(dev: Assembly) -> None:
    told = {
        edge.tail.name for edge in read_flow(dev).edges if edge.head.name == "Alerts" and "Alarms" in edge.tail.name
    }

    assert told == {alarm.address.name for alarm in dev.of_type("AWS::CloudWatch::Alarm")}


def test_what_does_the_same_for_the_same_reason_is_drawn_as_one(dev: Assembly) -> None:
    grouped = group(read_flow(dev))
    together = {
        address.name: [member.address.name for member in members]
        for address, members in grouped.members.items()
        if len(members) > 1 and members[0].type != "AWS::CloudWatch::Alarm"
    }

    assert together == {
        "InteractionsGlueJob": [f"{job}GlueJob" for job in FILE_JOBS],
        "InteractionsGlueJobWorkflow": [f"{job}GlueJobWorkflow" for job in FILE_JOBS],
        "RoutingEventsReadyInteractionsRule": [f"RoutingEventsReady{job}Rule" for job in FILE_JOBS],
        "RoutingInteractionsNightlySchedule": [f"Routing{job}NightlySchedule" for job in FILE_JOBS],
        "RoutingDatasetReadyRule": [f"Routing{rule}Rule" for rule in FOR_RECONCILER],
        "RoutingItemChangedRule": [f"Routing{rule}Rule" for rule in FOR_CATALOG],
        "RoutingCostRefusedRule": [
            f"Routing{rule}Rule" for rule in sorted((*FROM_BUS_TO_PEOPLE, "EventsJobFailed", "FilesJobFailed"))
        ],
        "FunctionsAuditFailed": [
            *(f"Functions{name}Failed" for name in ("Audit", "Catalog", "PersonalizeSync", "Warming")),
            "RoutingUndelivered",
        ],
    }
    assert {names(members) for members in grouped.members.values() if len(members) > 1} == {
        "interactions, items, users",
        "events-ready-…",
        "…-nightly",
        "dataset-ready, …",
        "item-changed, user-changed",
        "cost-refused, …",
        "audit-errors, …",
        "audit-failed, …",
    }


def test_of_the_arrows_from_jobs_to_what_watches_their_failure_one_is_drawn(dev: Assembly) -> None:
    edges = group(read_flow(dev)).flow.edges
    drawn = [edge.tail.name for edge in without_repeats(edges) if edge.head.name == "RoutingCostRefusedRule"]

    assert drawn == ["EventBus", "EventsGlueJob"]


def test_a_resource_without_a_place_is_named(dev: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(cast("dict[str, object]", PLACES), "EventBus")

    with pytest.raises(LookupError, match=r"give \['EventBus'\] a place"):
        place(group(read_flow(dev)).flow)


def test_every_place_is_taken(dev: Assembly) -> None:
    assert {node.address.name for node in group(read_flow(dev)).flow.nodes} == set(PLACES)


def test_no_two_resources_stand_at_one_place_and_data_runs_to_the_right_or_down(dev: Assembly) -> None:
    flow = group(read_flow(dev)).flow
    places = place(flow)
    points: Mapping[Address, tuple[int, int]] = {address: (at.x, at.y) for address, at in places.items()}

    assert len(set(points.values())) == len(flow.nodes)
    backwards = [e for e in flow.edges if e.kind == "data" and points[e.tail][0] > points[e.head][0]]
    # A bucket stands behind the first that writes to it.
    assert [(e.tail.name, e.head.name) for e in backwards] == [("InteractionsGlueJob", "BucketsQuarantine")]


def test_without_graphviz_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit, match="apt-get install graphviz"):
        draw(tmp_path / "a.dot", tmp_path / "a.png")


def test_the_command_writes_the_document_beside_the_picture(folders: Mapping[str, Path], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.diagram", str(folders["dev"]), str(tmp_path / "picture.png")],
        env={"PATH": ""},  # no Graphviz: what can be written is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "picture.dot is written" in done.stderr
    assert (tmp_path / "picture.dot").read_text() == (ROOT / "docs" / "architecture.dot").read_text()
