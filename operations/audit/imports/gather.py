"""Collect the evidence on imports: all manifests, and all import jobs of the datasets as Personalize lists them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated
from consumers.state_table import StateTable
from contract.manifest import FULL
from glue_jobs.files.history import read_history
from glue_jobs.store import Store
from operations.audit.imports.evidence import ACTIVE, ImportEvidence, ImportJob

_DECISIONS = 1_000  # the newest
DATASETS = ("interactions", "items", "users")


def gather_imports(
    files: Store, state: StateTable, personalize: Any, *, prefix: str, interactions_source: str
) -> ImportEvidence:
    """`personalize`: boto3's client. Before the datasets are made there are no imports."""
    item = state.get("personalize", "resources")
    arns = json.loads(item["value"]).get("datasets", {}) if item else {}
    return ImportEvidence(
        prefix=prefix,
        root=files.uri(""),
        publications={name: read_history(files, name).manifests for name in DATASETS},
        jobs={name: list(_jobs(personalize, arn)) for name, arn in arns.items()},
        interactions_source=interactions_source,
        held=_held(state),
    )


def _jobs(personalize: Any, dataset_arn: str) -> Iterator[ImportJob]:
    listed = sorted(_listed(personalize, dataset_arn), key=lambda job: job.created, reverse=True)
    counts = True  # what came before the last FULL import, that has taken away
    for job in listed:
        yield replace(job, location=_location(personalize, job.arn)) if counts and job.status == ACTIVE else job
        counts = counts and not (job.status == ACTIVE and job.mode == FULL)


def _listed(personalize: Any, dataset_arn: str) -> list[ImportJob]:
    pages = personalize.get_paginator("list_dataset_import_jobs").paginate(datasetArn=dataset_arn)
    try:
        with translated(f"list imports of {dataset_arn}"):
            return [_job(told) for page in pages for told in page["datasetImportJobs"]]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return []  # the dataset was deleted, and with it what was imported


def _job(told: Mapping[str, Any]) -> ImportJob:
    return ImportJob(
        arn=told["datasetImportJobArn"],
        name=told["jobName"],
        status=told["status"],
        created=told["creationDateTime"].timestamp(),
        mode=told.get("importMode", FULL),
        failure=told.get("failureReason", ""),
    )


def _location(personalize: Any, arn: str) -> str:
    """Which the list does not say."""
    with translated(f"describe {arn}"):
        job = personalize.describe_dataset_import_job(datasetImportJobArn=arn)["datasetImportJob"]
    location: str = job["dataSource"]["dataLocation"]
    return location.rstrip("/") + "/"


def _held(state: StateTable) -> dict[str, str]:
    """Publications that wait for a person; the newest of the reconciler's decisions on each says why."""
    newest = [json.loads(item["value"]) for _, item in state.query("decision", newest_first=True, limit=_DECISIONS)]
    return {
        decision["subject"]: f"its import is held: {decision['why']}"
        for decision in reversed(newest)
        if decision["kind"] == "import" and decision["decision"] == "held"
    }
