"""Dataset export jobs: a dataset's rows as CSV in S3."""

from __future__ import annotations

from typing import Any

from personalize_local.control.checks import refuse_keys, refuse_over_pending, require_active
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.emulator import Emulator
from personalize_local.jobs.runner import KINDS, JobKind
from personalize_local.limits import MAX_PENDING_EXPORTS
from personalize_local.operations import operation
from personalize_local.serving.datasets import described as data_of_group
from personalize_local.state.resources import Resource

KIND = "dataset-export-job"


@operation("CreateDatasetExportJob")
def create_dataset_export_job(  # noqa: PLR0913 - the members of the request
    emulator: Emulator,
    *,
    job_name: str,
    dataset_arn: str,
    role_arn: str,
    job_output: dict[str, Any],
    ingestion_mode: str = "PUT",
    tags: Tags | None = None,
) -> Answer:
    dataset = emulator.resources.get(dataset_arn, "dataset")
    require_active(emulator, dataset)
    refuse_keys("CreateDatasetExportJob", job_output)
    refuse_over_pending(emulator, KIND, MAX_PENDING_EXPORTS)
    body = {
        "datasetArn": dataset.arn,
        "ingestionMode": ingestion_mode,
        "roleArn": role_arn,
        "jobOutput": job_output,
    }
    job = new(emulator, KIND, job_name, body, group=dataset.group, parent=dataset.arn, tags=tags)
    return {"datasetExportJobArn": add(emulator, job).arn}


@operation("DescribeDatasetExportJob")
def describe_dataset_export_job(emulator: Emulator, *, dataset_export_job_arn: str) -> Answer:
    return described(emulator, "DescribeDatasetExportJob", emulator.resources.get(dataset_export_job_arn, KIND))


@operation("ListDatasetExportJobs")
def list_dataset_export_jobs(
    emulator: Emulator,
    *,
    dataset_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, parent=dataset_arn)
    return listed(emulator, "ListDatasetExportJobs", found, next_token, max_results)


def _prepare(emulator: Emulator, job: Resource) -> dict[str, Any]:
    datasets = data_of_group(emulator, str(job.group))
    return {
        "datasets": {kind: facts for kind, facts in datasets.items() if facts["arn"] == job.parent},
        "database": str(emulator.database.path),
        "mode": job.body["ingestionMode"],
        "destination": job.body["jobOutput"]["s3DataDestination"]["path"],
        "s3_endpoint": emulator.settings.s3_endpoint,
        "name": job.name,
    }


async def _settle(*_: Any) -> None:
    """What it made is in S3."""


KINDS[KIND] = JobKind(task="export", prepare=_prepare, settle=_settle)
