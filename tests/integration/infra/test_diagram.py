"""The README's picture is that of the templates, and is drawn again when they change."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.assembly import Address, Assembly
from infra.assets import ROOT
from infra.diagram import draw
from infra.drawing.dot import to_dot
from infra.drawing.flow import read_flow
from infra.drawing.grid import place
from infra.drawing.groups import group, names

pytestmark = pytest.mark.integration

FILE_JOBS = ("Interactions", "Items", "Users")


@pytest.fixture(scope="session")
def dev(assemblies: Mapping[str, Assembly]) -> Assembly:
    return assemblies["dev"]


def test_the_picture_is_of_todays_templates(dev: Assembly) -> None:
    drawn = (ROOT / "docs" / "architecture.dot").read_text()

    assert to_dot(read_flow(dev), dev) == drawn, "the templates changed: run `make synth diagram`, look, commit"
    assert (ROOT / "docs" / "architecture.png").read_bytes().startswith(b"\x89PNG")


def test_data_flows_from_the_stream_to_athena_and_to_the_files(dev: Assembly) -> None:
    edges = sorted((edge.tail.name, edge.head.name) for edge in read_flow(dev).edges if edge.kind == "data")

    assert edges == [
        ("BucketsLake", "InteractionsGlueJob"),
        ("BucketsLake", "QueriesWorkGroup"),
        ("BucketsQuarantine", "QueriesWorkGroup"),
        ("BucketsRaw", "EventsGlueJob"),
        ("BucketsRaw", "InteractionsGlueJob"),
        ("BucketsRaw", "ItemsGlueJob"),
        ("BucketsRaw", "UsersGlueJob"),
        ("Events", "RawDeliveryDeliveryStream"),
        ("EventsGlueJob", "BucketsLake"),
        ("EventsGlueJob", "BucketsQuarantine"),
        ("InteractionsGlueJob", "BucketsPersonalize"),
        ("ItemsGlueJob", "BucketsPersonalize"),
        ("ItemsGlueJob", "BucketsQuarantine"),
        ("RawDeliveryDeliveryStream", "BucketsRaw"),
        ("UsersGlueJob", "BucketsPersonalize"),
        ("UsersGlueJob", "BucketsQuarantine"),
    ]


def test_landed_objects_the_events_job_and_the_clock_wake_the_jobs(dev: Assembly) -> None:
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
    }


def test_every_dead_letter_and_alert_is_known(dev: Assembly) -> None:
    edges = {(edge.tail.name, edge.head.name) for edge in read_flow(dev).edges if edge.kind == "failure"}

    assert edges == {
        ("EventsGlueJob", "RoutingEventsJobFailedRule"),
        ("RoutingEventsJobFailedRule", "Alerts"),
        ("RoutingEventsJobFailedRule", "RoutingUndelivered"),
        ("RoutingRawLandedRule", "RoutingUndelivered"),
        ("RoutingEventsHourlySchedule", "RoutingUndelivered"),
        *((f"{job}GlueJob", "RoutingFilesJobFailedRule") for job in FILE_JOBS),
        *((f"{job}GlueJob", "EventBus") for job in FILE_JOBS),
        ("EventBus", "RoutingQualityGateFailedRule"),
        *((f"Routing{rule}Rule", "Alerts") for rule in ("FilesJobFailed", "QualityGateFailed")),
        *((f"Routing{rule}Rule", "RoutingUndelivered") for rule in ("FilesJobFailed", "QualityGateFailed")),
        *((f"RoutingEventsReady{job}Rule", "RoutingUndelivered") for job in FILE_JOBS),
        *((f"Routing{job}NightlySchedule", "RoutingUndelivered") for job in FILE_JOBS),
    }


def test_what_does_the_same_for_the_same_reason_is_drawn_as_one(dev: Assembly) -> None:
    grouped = group(read_flow(dev))
    together = {
        address.name: [member.address.name for member in members]
        for address, members in grouped.members.items()
        if len(members) > 1
    }

    assert together == {
        "InteractionsGlueJob": [f"{job}GlueJob" for job in FILE_JOBS],
        "InteractionsGlueJobWorkflow": [f"{job}GlueJobWorkflow" for job in FILE_JOBS],
        "RoutingEventsReadyInteractionsRule": [f"RoutingEventsReady{job}Rule" for job in FILE_JOBS],
        "RoutingInteractionsNightlySchedule": [f"Routing{job}NightlySchedule" for job in FILE_JOBS],
        "RoutingEventsJobFailedRule": ["RoutingEventsJobFailedRule", "RoutingFilesJobFailedRule"],
    }
    assert {names(members) for members in grouped.members.values() if len(members) > 1} == {
        "interactions, items, users",
        "events-ready-…",
        "…-nightly",
        "…-job-failed",
    }


def test_no_two_resources_stand_at_one_place_and_data_runs_to_the_right(dev: Assembly) -> None:
    flow = group(read_flow(dev)).flow
    places = place(flow)
    points: Mapping[Address, tuple[int, int]] = {address: (at.x, at.y) for address, at in places.items()}

    assert len(set(points.values())) == len(flow.nodes)
    backwards = [e for e in flow.edges if e.kind == "data" and points[e.tail] >= points[e.head]]
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
