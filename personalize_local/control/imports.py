"""Dataset import jobs: from CSV in S3 to segments of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personalize_local.control.checks import refuse_in_use, refuse_over_pending, require_active
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.running import new_directory, unfinished
from personalize_local.emulator import Emulator
from personalize_local.jobs.runner import KINDS, JobKind
from personalize_local.limits import MAX_PENDING_IMPORTS
from personalize_local.operations import operation
from personalize_local.serving.datasets import schema_of
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import InvalidInputException, NotSupportedException

KIND = "dataset-import-job"


@operation("CreateDatasetImportJob")
def create_dataset_import_job(  # noqa: PLR0913 - the members of the request
    emulator: Emulator,
    *,
    job_name: str,
    dataset_arn: str,
    data_source: Mapping[str, Any],
    role_arn: str | None = None,
    tags: Tags | None = None,
    import_mode: str = "FULL",
    publish_attribution_metrics_to_s3: bool = False,
) -> Answer:
    dataset = emulator.resources.get(dataset_arn, "dataset")
    require_active(emulator, dataset)
    if publish_attribution_metrics_to_s3:
        raise NotSupportedException("CreateDatasetImportJob: this emulator does not support metric attributions.")
    check_location(data_source)
    _check_mode(emulator, dataset, import_mode)
    refuse_in_use(dataset, unfinished(emulator, "data-deletion-job", group=dataset.group))
    refuse_over_pending(emulator, KIND, MAX_PENDING_IMPORTS)
    body = {
        "datasetArn": dataset.arn,
        "dataSource": data_source,
        "roleArn": role_arn,
        "importMode": import_mode,
        "publishAttributionMetricsToS3": False,
    }
    job = new(emulator, KIND, job_name, body, group=dataset.group, parent=dataset.arn, tags=tags)
    return {"datasetImportJobArn": add(emulator, job).arn}


@operation("DescribeDatasetImportJob")
def describe_dataset_import_job(emulator: Emulator, *, dataset_import_job_arn: str) -> Answer:
    return described(emulator, "DescribeDatasetImportJob", emulator.resources.get(dataset_import_job_arn, KIND))


@operation("ListDatasetImportJobs")
def list_dataset_import_jobs(
    emulator: Emulator,
    *,
    dataset_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, parent=dataset_arn)
    return listed(emulator, "ListDatasetImportJobs", found, next_token, max_results)


def check_location(data_source: Mapping[str, Any]) -> None:
    """That it is a place in S3; what is there, its job looks at."""
    location = data_source.get("dataLocation")
    bucket = (location or "").removeprefix("s3://").partition("/")[0]
    if not location or not location.startswith("s3://") or not bucket:
        raise InvalidInputException(f"Invalid Data location. It must be s3://bucket/path, not {location!r}.")


def _check_mode(emulator: Emulator, dataset: Resource, mode: str) -> None:
    """The first import of a dataset is FULL: an increment needs something to add to."""
    if mode == "FULL" or "segments" in dataset.private:
        return
    before = emulator.resources.of(KIND, parent=dataset.arn)
    if not any(emulator.resources.status(job) == ACTIVE for job in before):
        raise InvalidInputException(
            f"importMode INCREMENTAL needs data in dataset {dataset.arn}: its first import job must be FULL."
        )


def _prepare(emulator: Emulator, job: Resource) -> dict[str, Any]:
    dataset = _dataset(emulator, job)
    schema = emulator.resources.get(dataset.body["schemaArn"], "schema").body
    data = emulator.settings.data
    return {
        "source": job.body["dataSource"]["dataLocation"],
        "s3_endpoint": emulator.settings.s3_endpoint,
        "schema": schema["schema"],
        "domain": schema.get("domain"),
        "dataset_type": schema_of(emulator, dataset).dataset,
        "mode": job.body["importMode"],
        "out": new_directory(emulator, "segments"),
        "report": str(report_path(data, job.name)),
    }


async def _settle(emulator: Emulator, job: Resource, arguments: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    dataset = _dataset(emulator, job)
    old = dataset.private.get("segments", []) if job.body["importMode"] == "INCREMENTAL" else []
    dataset.private["segments"] = [*old, arguments["out"]]
    emulator.resources.changed(dataset)
    emulator.live.forget(str(dataset.group))


def report_path(data: Path, job_name: str) -> Path:
    return data / "reports" / f"{job_name}.json"


def _dataset(emulator: Emulator, job: Resource) -> Resource:
    return emulator.resources.get(job.body["datasetArn"], "dataset")


KINDS[KIND] = JobKind(task="import", prepare=_prepare, settle=_settle)
