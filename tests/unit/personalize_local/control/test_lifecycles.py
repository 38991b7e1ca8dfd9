"""From CREATE PENDING to ACTIVE or CREATE FAILED, at an instant and at AWS's pace, over restarts."""

from __future__ import annotations

from typing import Any

import pytest

from personalize_local.jobs.workers import JobFailed
from tests.support.personalize_world import ROLE, World, refused

pytestmark = pytest.mark.unit


def _status(world: World, operation: str, **arn: str) -> str:
    described = world(operation, **arn)
    status: str = next(iter(described.values()))["status"]
    return status


def _import(world: World, dataset: str, name: str = "first", **more: Any) -> str:
    source = {"dataLocation": "s3://bucket/rows.csv"}
    request = {"jobName": name, "datasetArn": dataset, "dataSource": source, "roleArn": ROLE}
    return str(world("CreateDatasetImportJob", **(request | more))["datasetImportJobArn"])


def test_at_an_instant_clock_resources_are_active_at_once_and_jobs_when_their_work_is_done(world: World) -> None:
    group = world.group()
    dataset = world.dataset(group)
    world.fake.held = True
    job = _import(world, dataset)

    before = _status(world, "DescribeDatasetImportJob", datasetImportJobArn=job)
    world.fake.held = False
    world.idle()

    assert _status(world, "DescribeDatasetGroup", datasetGroupArn=group) == "ACTIVE"
    assert _status(world, "DescribeDataset", datasetArn=dataset) == "ACTIVE"
    assert before == "CREATE IN_PROGRESS"
    assert _status(world, "DescribeDatasetImportJob", datasetImportJobArn=job) == "ACTIVE"


def test_at_awss_pace_a_group_is_pending_then_in_progress_then_active(slow: World) -> None:
    group = slow.group()
    seen = [_status(slow, "DescribeDatasetGroup", datasetGroupArn=group)]
    for seconds in (3, 18):
        slow.advance(seconds)
        seen.append(_status(slow, "DescribeDatasetGroup", datasetGroupArn=group))

    assert seen == ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]


def test_what_is_below_a_group_must_wait_for_it(slow: World) -> None:
    group, schema = slow.group(), slow.schema()
    request = {"name": "d", "schemaArn": schema, "datasetGroupArn": group, "datasetType": "INTERACTIONS"}

    assert refused(slow, "CreateDataset", **request) == (
        "ResourceInUseException",
        f"{group} is not in a valid state: its status is CREATE PENDING.",
    )


def test_a_job_takes_its_time_though_its_work_is_done(slow: World) -> None:
    group = slow.group()
    slow.advance(30)
    dataset = slow.dataset(group)
    slow.advance(30)
    job = _import(slow, dataset)
    seen = [_status(slow, "DescribeDatasetImportJob", datasetImportJobArn=job)]
    for seconds in (100, 700, 150):
        slow.advance(seconds)
        seen.append(_status(slow, "DescribeDatasetImportJob", datasetImportJobArn=job))

    assert seen == ["CREATE PENDING", "CREATE IN_PROGRESS", "CREATE IN_PROGRESS", "ACTIVE"]


def test_a_deletion_is_shown_before_the_resource_is_gone(slow: World) -> None:
    group = slow.group()
    slow.advance(30)
    slow("DeleteDatasetGroup", datasetGroupArn=group)
    seen = [_status(slow, "DescribeDatasetGroup", datasetGroupArn=group)]
    slow.advance(11)
    seen.append(_status(slow, "DescribeDatasetGroup", datasetGroupArn=group))
    slow.advance(11)

    assert seen == ["DELETE PENDING", "DELETE IN_PROGRESS"]
    assert refused(slow, "DescribeDatasetGroup", datasetGroupArn=group)[0] == "ResourceNotFoundException"
    assert slow("ListDatasetGroups")["datasetGroups"] == []


def test_a_failed_job_says_why_and_leaves_the_dataset_as_it_was(world: World) -> None:
    dataset = world.dataset(world.group())
    world.fake.answers["import"] = JobFailed("Input CSV is missing the following columns: [A, B].")
    job = world.imported(dataset)

    described = world("DescribeDatasetImportJob", datasetImportJobArn=job)["datasetImportJob"]

    assert described["status"] == "CREATE FAILED"
    assert described["failureReason"] == "Input CSV is missing the following columns: [A, B]."
    assert "segments" not in world.emulator.resources.get(dataset, "dataset").private


def test_a_bug_in_a_job_is_its_failure(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.fake.answers["import"] = ValueError("a bug")
    job = world.imported(world.dataset(world.group()))

    described = world("DescribeDatasetImportJob", datasetImportJobArn=job)["datasetImportJob"]

    assert described["failureReason"] == "An internal error of the emulator; its log has the traceback."
    assert "a bug" in capsys.readouterr().err


def test_a_job_that_ran_when_the_process_ended_runs_again(world: World) -> None:
    dataset = world.dataset(world.group())
    world.fake.held = True
    job = _import(world, dataset)
    world.turn()
    first = world.fake.asked
    later = world.restarted()
    later.idle()

    assert _status(later, "DescribeDatasetImportJob", datasetImportJobArn=job) == "ACTIVE"
    assert [(task, each["source"]) for task, each in (*first, *later.fake.asked)] == [
        ("import", "s3://bucket/rows.csv"),
        ("import", "s3://bucket/rows.csv"),
    ]
    assert first[0][1]["out"] != later.fake.asked[0][1]["out"]
    assert later.emulator.resources.get(dataset, "dataset").private == {"segments": [later.fake.asked[0][1]["out"]]}
    later.close()


def test_everything_is_there_after_a_restart(world: World) -> None:
    group = world.group(tags=[{"tagKey": "team", "tagValue": "shop"}])
    dataset = world.dataset(group)
    world.imported(dataset)
    before = [world("DescribeDataset", datasetArn=dataset), world("ListTagsForResource", resourceArn=group)]
    later = world.restarted()

    assert [later("DescribeDataset", datasetArn=dataset), later("ListTagsForResource", resourceArn=group)] == before
    later.close()


def test_no_more_than_five_imports_wait_or_run(world: World) -> None:
    dataset = world.dataset(world.group())
    world.fake.held = True
    for number in range(5):
        _import(world, dataset, f"job-{number}")

    assert refused(_import, world, dataset, "job-5") == (
        "LimitExceededException",
        "More than 5 resources with PENDING or IN_PROGRESS status.",
    )
    world.fake.held = False
    world.idle()
    assert _import(world, dataset, "job-5").endswith(":dataset-import-job/job-5")


def test_job_names_are_never_free_again(world: World) -> None:
    dataset = world.dataset(world.group())
    job = world.imported(dataset)

    assert refused(_import, world, dataset) == (
        "ResourceAlreadyExistsException",
        f"Another resource with Arn {job} already exists.",
    )


def test_full_imports_replace_and_increments_add(world: World) -> None:
    dataset = world.dataset(world.group())
    incremental = refused(_import, world, dataset, importMode="INCREMENTAL")
    for name, mode in (("a", "FULL"), ("b", "INCREMENTAL"), ("c", "FULL"), ("d", "INCREMENTAL")):
        world.imported(dataset, name, importMode=mode)
    outs = [asked["out"] for _, asked in world.fake.asked]

    assert incremental[0] == "InvalidInputException"
    assert "its first import job must be FULL" in incremental[1]
    assert world.emulator.resources.get(dataset, "dataset").private["segments"] == outs[2:]


@pytest.mark.parametrize("location", [None, "https://bucket/a", "s3:///a"])
def test_data_that_is_not_in_s3_is_refused(world: World, location: str | None) -> None:
    source = {"dataLocation": location} if location else {}
    code, message = refused(_import, world, world.dataset(world.group()), dataSource=source)

    assert (code, message.partition(" It")[0]) == ("InvalidInputException", "Invalid Data location.")


def test_the_worker_is_told_all_that_an_import_needs(world: World) -> None:
    dataset = world.dataset(world.group())
    world.imported(dataset, "monday")
    [(task, asked)] = world.fake.asked
    schema = world("DescribeSchema", schemaArn=world.emulator.resources.get(dataset, "dataset").body["schemaArn"])

    assert task == "import"
    assert asked.pop("out").startswith(str(world.data / "segments"))
    assert asked == {
        "source": "s3://b/a",
        "s3_endpoint": None,
        "schema": schema["schema"]["schema"],
        "domain": None,
        "dataset_type": "Interactions",
        "mode": "FULL",
        "report": str(world.data / "reports" / "monday.json"),
    }
