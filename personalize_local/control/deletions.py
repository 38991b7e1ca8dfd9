"""Data deletion jobs: every trace of the users that a file names leaves the datasets of a group."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from personalize_local.control.checks import refuse_in_use, refuse_over_pending, require_active
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.imports import check_location
from personalize_local.control.running import new_directory, unfinished
from personalize_local.emulator import Emulator
from personalize_local.jobs.runner import KINDS, JobKind
from personalize_local.limits import MAX_PENDING_DELETION_JOBS
from personalize_local.operations import operation
from personalize_local.serving.datasets import described as data_of_group
from personalize_local.state.resources import ACTIVE, FAILED, IN_PROGRESS, PENDING, Resource

KIND = "data-deletion-job"
_OF_USERS = ("Interactions", "Users")
_ANONYMOUS = """
DELETE FROM events WHERE dataset = ? AND user_id IS NULL AND session_id IN
  (SELECT session_id FROM events WHERE dataset = ? AND user_id IN (SELECT id FROM deleted))
"""


@operation("CreateDataDeletionJob")
def create_data_deletion_job(
    emulator: Emulator,
    *,
    job_name: str,
    dataset_group_arn: str,
    data_source: dict[str, Any],
    role_arn: str,
    tags: Tags | None = None,
) -> Answer:
    group = emulator.resources.get(dataset_group_arn, "dataset-group")
    require_active(emulator, group)
    check_location(data_source)
    refuse_over_pending(emulator, KIND, MAX_PENDING_DELETION_JOBS)
    refuse_in_use(group, unfinished(emulator, KIND, "dataset-import-job", group=group.arn))
    body = {"datasetGroupArn": group.arn, "dataSource": data_source, "roleArn": role_arn}
    job = new(emulator, KIND, job_name, body, group=group.arn, parent=group.arn, tags=tags)
    return {"dataDeletionJobArn": add(emulator, job).arn}


@operation("DescribeDataDeletionJob")
def describe_data_deletion_job(emulator: Emulator, *, data_deletion_job_arn: str) -> Answer:
    return described(emulator, "DescribeDataDeletionJob", emulator.resources.get(data_deletion_job_arn, KIND))


@operation("ListDataDeletionJobs")
def list_data_deletion_jobs(
    emulator: Emulator,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, group=dataset_group_arn)
    return listed(emulator, "ListDataDeletionJobs", found, next_token, max_results)


def _prepare(emulator: Emulator, job: Resource) -> dict[str, Any]:
    datasets = data_of_group(emulator, str(job.group))
    return {
        "source": job.body["dataSource"]["dataLocation"],
        "s3_endpoint": emulator.settings.s3_endpoint,
        "datasets": {kind: datasets[kind] for kind in _OF_USERS if kind in datasets},
        "database": str(emulator.database.path),
        "out": {kind: new_directory(emulator, "segments") for kind in _OF_USERS if kind in datasets},
    }


async def _settle(emulator: Emulator, job: Resource, _: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    """`segments` take the place of the old ones. Awaits come first: what follows reaches the disk as one."""
    datasets = data_of_group(emulator, str(job.group))
    arns = [datasets[kind]["arn"] for kind in _OF_USERS if kind in datasets]
    await emulator.database.commit(lambda connection: _delete(connection, arns, result["users"]))
    for kind, segments in result["segments"].items():
        dataset = emulator.resources.get(datasets[kind]["arn"], "dataset")
        dataset.private["segments"] = list(segments)
        emulator.resources.changed(dataset)
    job.body["numDeleted"] = result["deleted"]
    emulator.live.forget(str(job.group))


def _delete(connection: sqlite3.Connection, datasets: Iterable[str], users: Iterable[str]) -> None:
    """With what they did before they signed in: the anonymous events of their sessions."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS deleted (id TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM deleted")
    connection.executemany("INSERT OR IGNORE INTO deleted VALUES (?)", [(user,) for user in users])
    for dataset in datasets:
        connection.execute(_ANONYMOUS, (dataset, dataset))
        connection.execute("DELETE FROM events WHERE dataset = ? AND user_id IN (SELECT id FROM deleted)", (dataset,))
        connection.execute("DELETE FROM records WHERE dataset = ? AND id IN (SELECT id FROM deleted)", (dataset,))


KINDS[KIND] = JobKind(
    task="delete",
    prepare=_prepare,
    settle=_settle,
    statuses={PENDING: "PENDING", IN_PROGRESS: "IN_PROGRESS", ACTIVE: "COMPLETED", FAILED: "FAILED"},
)
