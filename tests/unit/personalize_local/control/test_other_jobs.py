"""Exports, deletions of users, batch jobs: what they refuse, what their workers are told, what is done then."""

from __future__ import annotations

from typing import Any

import pytest

from personalize_local.jobs.workers import JobFailed
from tests.support.personalize_world import ROLE, START, World, refused

pytestmark = pytest.mark.unit

PLACE = {"path": "s3://bucket/out/"}
FILES = {"jobInput": {"s3DataSource": {"path": "s3://bucket/in.json"}}, "jobOutput": {"s3DataDestination": PLACE}}


@pytest.fixture
def group(world: World) -> str:
    arn = world.group()
    for kind in ("Interactions", "Users", "Items"):
        world.imported(world.dataset(arn, kind), f"import-{kind}")
    world.fake.asked.clear()
    return arn


def _dataset(group: str, kind: str = "INTERACTIONS") -> str:
    return f"{group.replace('dataset-group', 'dataset')}/{kind}"


def _delete(world: World, group: str, name: str = "forget") -> str:
    source = {"dataLocation": "s3://bucket/users.csv"}
    request = {"jobName": name, "datasetGroupArn": group, "dataSource": source, "roleArn": ROLE}
    return str(world("CreateDataDeletionJob", **request)["dataDeletionJobArn"])


def _batch(world: World, version: str, **more: Any) -> str:
    request = {"jobName": "batch", "solutionVersionArn": version, "roleArn": ROLE, **FILES}
    return str(world("CreateBatchInferenceJob", **(request | more))["batchInferenceJobArn"])


def _segment(world: World, version: str, **more: Any) -> str:
    request = {"jobName": "batch", "solutionVersionArn": version, "roleArn": ROLE, **FILES}
    return str(world("CreateBatchSegmentJob", **(request | more))["batchSegmentJobArn"])


def _segments(world: World, dataset: str) -> Any:
    return world.emulator.resources.get(dataset, "dataset").private["segments"]


def test_an_export_is_told_the_dataset_and_what_of_it(world: World, group: str) -> None:
    dataset = _dataset(group)
    request = {"jobName": "x", "datasetArn": dataset, "roleArn": ROLE, "jobOutput": {"s3DataDestination": PLACE}}
    arn = world("CreateDatasetExportJob", **request)["datasetExportJobArn"]
    world.idle()
    [(task, asked)] = world.fake.asked
    datasets = asked.pop("datasets")
    shown = world("DescribeDatasetExportJob", datasetExportJobArn=arn)["datasetExportJob"]

    assert (task, list(datasets), datasets["Interactions"]["arn"]) == ("export", ["Interactions"], dataset)
    assert datasets["Interactions"]["segments"] == _segments(world, dataset)
    assert asked == {
        "database": str(world.data / "state.sqlite"),
        "mode": "PUT",
        "destination": "s3://bucket/out/",
        "s3_endpoint": None,
        "name": "x",
    }
    assert (shown["ingestionMode"], shown["status"], shown["jobOutput"]) == (
        "PUT",
        "ACTIVE",
        request["jobOutput"],
    )


def test_nothing_is_encrypted_so_keys_are_refused(world: World, group: str) -> None:
    key = {"s3DataDestination": {**PLACE, "kmsKeyArn": "arn:aws:kms:r:000000000000:key/k"}}
    request = {"jobName": "x", "datasetArn": _dataset(group), "roleArn": ROLE, "jobOutput": key}

    assert refused(world, "CreateDatasetExportJob", **request) == (
        "NotSupportedException",
        "CreateDatasetExportJob: this emulator does not support jobOutput.s3DataDestination.kmsKeyArn.",
    )
    kms = "arn:aws:kms:r:000000000000:key/k"
    assert refused(world.group, "secret", kmsKeyArn=kms) == (
        "NotSupportedException",
        "CreateDatasetGroup: this emulator does not support kmsKeyArn.",
    )


def test_deletions_have_words_of_their_own_for_their_states(world: World, group: str) -> None:
    world.fake.held = True
    world.fake.answers["delete"] = {"deleted": 3, "users": [], "segments": {}}
    arn = _delete(world, group)
    seen = [world("DescribeDataDeletionJob", dataDeletionJobArn=arn)["dataDeletionJob"]["status"]]
    world.turn()
    seen.append(world("DescribeDataDeletionJob", dataDeletionJobArn=arn)["dataDeletionJob"]["status"])
    world.fake.held = False
    world.idle()
    shown = world("DescribeDataDeletionJob", dataDeletionJobArn=arn)["dataDeletionJob"]

    assert [*seen, shown["status"]] in (
        ["PENDING", "IN_PROGRESS", "COMPLETED"],
        ["IN_PROGRESS", "IN_PROGRESS", "COMPLETED"],
    )
    assert shown["numDeleted"] == 3


def test_a_deletion_that_failed_is_failed(world: World, group: str) -> None:
    world.fake.answers["delete"] = JobFailed("Invalid Data location.")
    arn = _delete(world, group)
    world.idle()
    shown = world("DescribeDataDeletionJob", dataDeletionJobArn=arn)["dataDeletionJob"]

    assert (shown["status"], shown["failureReason"]) == ("FAILED", "Invalid Data location.")


def test_a_deletion_takes_every_row_of_its_users_and_no_other(world: World, group: str) -> None:
    tracking = world("CreateEventTracker", name="web", datasetGroupArn=group)["trackingId"]
    for number, (user, session) in enumerate(
        [("gone", "s1"), (None, "s1"), ("kept", "s2"), (None, "s2"), (None, "s3"), ("gone", "s4")]
    ):
        event = {"eventType": "View", "itemId": f"i{number}", "sentAt": START, "eventId": f"e{number}"}
        who = {"userId": user} if user else {}
        world("PutEvents", trackingId=tracking, sessionId=session, eventList=[event], **who)
    for user in ("gone", "kept"):
        users = [{"userId": user, "properties": '{"age": "30s"}'}]
        world("PutUsers", datasetArn=_dataset(group, "USERS"), users=users)
    new = {"Interactions": ["/new/interactions"], "Users": ["/new/users"]}
    world.fake.answers["delete"] = {"deleted": 9, "users": ["gone"], "segments": new}
    _delete(world, group)
    world.idle()

    assert _column(world, "SELECT event_id FROM events ORDER BY seq") == ["e2", "e3", "e4"]
    assert _column(world, "SELECT id FROM records") == ["kept"]
    assert _segments(world, _dataset(group)) == ["/new/interactions"]
    assert _segments(world, _dataset(group, "USERS")) == ["/new/users"]
    [(task, asked)] = world.fake.asked
    assert (task, sorted(asked["datasets"]), sorted(asked["out"])) == (
        "delete",
        ["Interactions", "Users"],
        ["Interactions", "Users"],
    )


def _column(world: World, query: str) -> list[str]:
    def read(connection: Any) -> list[str]:
        return [value for (value,) in connection.execute(query)]

    rows: list[str] = world.loop.run_until_complete(world.emulator.database.commit(read))
    return rows


def test_a_deletion_and_an_import_do_not_meet(world: World, group: str) -> None:
    world.fake.held = True
    job = _delete(world, group)
    second = refused(_delete, world, group, "another")
    source = {"dataLocation": "s3://b/a"}
    importing = refused(
        world, "CreateDatasetImportJob", jobName="j", datasetArn=_dataset(group), dataSource=source, roleArn=ROLE
    )

    assert second == ("ResourceInUseException", f"{group} is in use by {job}.")
    assert importing == ("ResourceInUseException", f"{_dataset(group)} is in use by {job}.")


def test_a_batch_job_is_told_its_model_its_filter_and_its_files(world: World, group: str) -> None:
    version = world.version(world.solution(group))
    expression = 'EXCLUDE ItemID WHERE Items.GENRES IN ("a")'
    chosen = world("CreateFilter", name="f", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    config = {"itemExplorationConfig": {"explorationWeight": "0"}}
    arn = _batch(world, version, filterArn=chosen, batchInferenceJobConfig=config, numResults=7)
    world.idle()
    (_, trained), (task, asked) = world.fake.asked
    shown = world("DescribeBatchInferenceJob", batchInferenceJobArn=arn)["batchInferenceJob"]
    in_use_later = world("DeleteFilter", filterArn=chosen)

    assert sorted(asked.pop("datasets")) == ["Interactions", "Items", "Users"]
    assert asked.pop("now") > START
    assert task == "batch-inference"
    assert asked == {
        "model": trained["out"],
        "recipe": "aws-user-personalization",
        "input": "s3://bucket/in.json",
        "output": "s3://bucket/out/",
        "s3_endpoint": None,
        "num_results": 7,
        "filter": {"expression": expression},
        "database": str(world.data / "state.sqlite"),
        "config": config,
        "seed": 0,
        "name": "batch",
    }
    assert (shown["status"], shown["batchInferenceJobMode"], shown["numResults"]) == ("ACTIVE", "BATCH_INFERENCE", 7)
    assert in_use_later == {}


def test_what_a_batch_job_refuses(world: World, group: str) -> None:
    solutions = {
        name: world.version(world.solution(group, name, f"aws-{name}"))
        for name in ("user-personalization", "trending-now", "item-affinity")
    }
    own = solutions["user-personalization"]
    output = {"s3DataDestination": {"path": "http://bucket/out"}}
    other = world.group("other")
    world.dataset(other, "Items")
    expression = 'EXCLUDE ItemID WHERE Items.GENRES IN ("a")'
    foreign = world("CreateFilter", name="f", datasetGroupArn=other, filterExpression=expression)["filterArn"]

    assert [
        refused(_batch, world, solutions["trending-now"]),
        refused(_batch, world, solutions["item-affinity"]),
        refused(_segment, world, own),
        refused(_batch, world, own, numResults=501),
        refused(_batch, world, own, numResults=0),
        refused(_batch, world, own, jobOutput=output),
        refused(_batch, world, own, filterArn=foreign),
        refused(_batch, world, own, batchInferenceJobMode="THEME_GENERATION"),
        refused(_batch, world, group),
    ] == [
        ("InvalidInputException", "aws-trending-now does not support batch inference jobs."),
        ("InvalidInputException", "aws-item-affinity does not support batch inference jobs."),
        ("InvalidInputException", "aws-user-personalization does not support batch segment jobs."),
        ("InvalidInputException", "numResults must be from 1 to 500; it is 501."),
        ("InvalidInputException", "numResults must be from 1 to 500; it is 0."),
        ("InvalidInputException", "Invalid S3 output path: it must be s3://bucket/path."),
        ("InvalidInputException", f"Filter {foreign} is of another dataset group than {own}."),
        ("NotSupportedException", "CreateBatchInferenceJob: this emulator does not support THEME_GENERATION."),
        ("InvalidInputException", f"{group} is the ARN of a dataset-group, not of a solution-version."),
    ]


def test_segment_jobs_are_for_segment_recipes(world: World, group: str) -> None:
    version = world.version(world.solution(group, "who", "aws-item-affinity"))
    arn = _segment(world, version, numResults=100)
    world.idle()

    assert world("DescribeBatchSegmentJob", batchSegmentJobArn=arn)["batchSegmentJob"]["status"] == "ACTIVE"
    assert world.fake.asked[-1][0] == "batch-segment"


@pytest.mark.parametrize("make", [_batch, _segment])
def test_five_batch_jobs_may_wait(world: World, group: str, make: Any) -> None:
    recipe = "aws-item-affinity" if make is _segment else "aws-user-personalization"
    version = world.version(world.solution(group, "s", recipe))
    world.fake.held = True
    for number in range(5):
        make(world, version, jobName=f"job-{number}")

    assert refused(make, world, version, jobName="job-5")[0] == "LimitExceededException"


def test_a_filter_that_a_batch_job_uses_is_in_use(world: World, group: str) -> None:
    version = world.version(world.solution(group))
    expression = 'EXCLUDE ItemID WHERE Items.GENRES IN ("a")'
    chosen = world("CreateFilter", name="f", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    world.fake.held = True
    job = _batch(world, version, filterArn=chosen)

    assert refused(world, "DeleteFilter", filterArn=chosen) == (
        "ResourceInUseException",
        f"{chosen} is in use by {job}.",
    )
