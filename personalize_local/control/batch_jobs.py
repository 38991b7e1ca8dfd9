"""Batch inference and batch segment jobs: files in, files out, by one solution version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from personalize_local.control.checks import refuse_keys, refuse_over_pending, require_active
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.recipes import recipe_of
from personalize_local.control.serving_config import check_serving
from personalize_local.emulator import Emulator
from personalize_local.jobs.runner import KINDS, JobKind
from personalize_local.limits import (
    DEFAULT_RESULTS,
    MAX_BATCH_RESULTS,
    MAX_PENDING_BATCH_INFERENCE_JOBS,
    MAX_PENDING_BATCH_SEGMENT_JOBS,
    MAX_SEGMENT_USERS,
)
from personalize_local.operations import operation
from personalize_local.recipes.facts import Recipe
from personalize_local.serving.datasets import described as data_of_group
from personalize_local.state.resources import Resource
from personalize_local.wire.errors import InvalidInputException, NotSupportedException

INFERENCE: Final = "batch-inference-job"
SEGMENT: Final = "batch-segment-job"


@operation("CreateBatchInferenceJob")
def create_batch_inference_job(  # noqa: PLR0913 - the members of the request
    emulator: Emulator,
    *,
    job_name: str,
    solution_version_arn: str,
    job_input: dict[str, Any],
    job_output: dict[str, Any],
    role_arn: str,
    filter_arn: str | None = None,
    num_results: int = DEFAULT_RESULTS,
    batch_inference_job_config: Mapping[str, Any] | None = None,
    batch_inference_job_mode: str = "BATCH_INFERENCE",
    tags: Tags | None = None,
) -> Answer:
    if batch_inference_job_mode == "THEME_GENERATION":
        raise NotSupportedException("CreateBatchInferenceJob: this emulator does not support THEME_GENERATION.")
    version, recipe = _trained(emulator, solution_version_arn)
    if not recipe.batch or recipe.type == "USER_SEGMENTATION":
        raise InvalidInputException(f"{recipe.name} does not support batch inference jobs.")
    config = batch_inference_job_config or {}
    check_serving(emulator, recipe, config, version.group)
    _check_count(num_results, MAX_BATCH_RESULTS)
    _check_places("CreateBatchInferenceJob", job_input, job_output)
    _check_filter(emulator, version, filter_arn)
    refuse_over_pending(emulator, INFERENCE, MAX_PENDING_BATCH_INFERENCE_JOBS)
    body = {
        "batchInferenceJobConfig": batch_inference_job_config,
        "batchInferenceJobMode": batch_inference_job_mode,
        "solutionVersionArn": version.arn,
        "filterArn": filter_arn,
        "numResults": num_results,
        "jobInput": job_input,
        "jobOutput": job_output,
        "roleArn": role_arn,
    }
    job = new(emulator, INFERENCE, job_name, body, group=version.group, parent=version.arn, tags=tags)
    return {"batchInferenceJobArn": add(emulator, job).arn}


@operation("CreateBatchSegmentJob")
def create_batch_segment_job(  # noqa: PLR0913 - the members of the request
    emulator: Emulator,
    *,
    job_name: str,
    solution_version_arn: str,
    job_input: dict[str, Any],
    job_output: dict[str, Any],
    role_arn: str,
    filter_arn: str | None = None,
    num_results: int = DEFAULT_RESULTS,
    tags: Tags | None = None,
) -> Answer:
    version, recipe = _trained(emulator, solution_version_arn)
    if recipe.type != "USER_SEGMENTATION":
        raise InvalidInputException(f"{recipe.name} does not support batch segment jobs.")
    _check_count(num_results, MAX_SEGMENT_USERS)
    _check_places("CreateBatchSegmentJob", job_input, job_output)
    _check_filter(emulator, version, filter_arn)
    refuse_over_pending(emulator, SEGMENT, MAX_PENDING_BATCH_SEGMENT_JOBS)
    body = {
        "solutionVersionArn": version.arn,
        "filterArn": filter_arn,
        "numResults": num_results,
        "jobInput": job_input,
        "jobOutput": job_output,
        "roleArn": role_arn,
    }
    job = new(emulator, SEGMENT, job_name, body, group=version.group, parent=version.arn, tags=tags)
    return {"batchSegmentJobArn": add(emulator, job).arn}


@operation("DescribeBatchInferenceJob")
def describe_batch_inference_job(emulator: Emulator, *, batch_inference_job_arn: str) -> Answer:
    return described(emulator, "DescribeBatchInferenceJob", emulator.resources.get(batch_inference_job_arn, INFERENCE))


@operation("DescribeBatchSegmentJob")
def describe_batch_segment_job(emulator: Emulator, *, batch_segment_job_arn: str) -> Answer:
    return described(emulator, "DescribeBatchSegmentJob", emulator.resources.get(batch_segment_job_arn, SEGMENT))


@operation("ListBatchInferenceJobs")
def list_batch_inference_jobs(
    emulator: Emulator,
    *,
    solution_version_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(INFERENCE, parent=solution_version_arn)
    return listed(emulator, "ListBatchInferenceJobs", found, next_token, max_results)


@operation("ListBatchSegmentJobs")
def list_batch_segment_jobs(
    emulator: Emulator,
    *,
    solution_version_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(SEGMENT, parent=solution_version_arn)
    return listed(emulator, "ListBatchSegmentJobs", found, next_token, max_results)


def _trained(emulator: Emulator, arn: str) -> tuple[Resource, Recipe]:
    version = emulator.resources.get(arn, "solution-version")
    require_active(emulator, version)
    return version, recipe_of(version.body["recipeArn"])


def _check_count(count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise InvalidInputException(f"numResults must be from 1 to {most}; it is {count}.")


def _check_places(operation_name: str, job_input: Mapping[str, Any], job_output: dict[str, Any]) -> None:
    if not _is_in_s3(job_input["s3DataSource"]["path"]):
        raise InvalidInputException("Invalid S3 input path: it must be s3://bucket/path.")
    if not _is_in_s3(job_output["s3DataDestination"]["path"]):
        raise InvalidInputException("Invalid S3 output path: it must be s3://bucket/path.")
    refuse_keys(operation_name, job_output)


def _is_in_s3(path: str) -> bool:
    return path.startswith("s3://") and bool(path.removeprefix("s3://").partition("/")[0])


def _check_filter(emulator: Emulator, version: Resource, arn: str | None) -> None:
    if arn is None:
        return
    resource = emulator.resources.get(arn, "filter")
    require_active(emulator, resource)
    if resource.group != version.group:
        raise InvalidInputException(f"Filter {arn} is of another dataset group than {version.arn}.")


def _prepare(emulator: Emulator, job: Resource) -> dict[str, Any]:
    version = emulator.resources.get(job.body["solutionVersionArn"], "solution-version")
    filter_arn = job.body["filterArn"]
    chosen = emulator.resources.get(filter_arn, "filter") if filter_arn else None
    return {
        "model": version.private["model"],
        "recipe": recipe_of(version.body["recipeArn"]).name,
        "input": job.body["jobInput"]["s3DataSource"]["path"],
        "output": job.body["jobOutput"]["s3DataDestination"]["path"],
        "s3_endpoint": emulator.settings.s3_endpoint,
        "num_results": job.body["numResults"],
        "filter": {"expression": chosen.body["filterExpression"]} if chosen else None,
        "datasets": data_of_group(emulator, str(job.group)),
        "database": str(emulator.database.path),
        "config": job.body.get("batchInferenceJobConfig") or {},
        "now": emulator.clock.now(),
        "seed": emulator.settings.seed,
        "name": job.name,
    }


async def _settle(*_: Any) -> None:
    """What it made is in S3."""


KINDS[INFERENCE] = JobKind(task="batch-inference", prepare=_prepare, settle=_settle)
KINDS[SEGMENT] = JobKind(task="batch-segment", prepare=_prepare, settle=_settle)
