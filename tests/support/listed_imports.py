"""Publications, and import jobs of them as boto3's client for Personalize would list them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from consumers.state_table import StateTable
from contract.manifest import FULL, Manifest, PublishedFile, encode_manifest
from contract.times import format_instant
from glue_jobs.store import Store

_DATASETS = ("interactions", "items", "users")
_ARN = "arn:aws:personalize:us-east-1:123456789012:dataset/clickstream-test/{}"


def published(store: Store, dataset: str, number: int, *, rows: int, at: datetime, mode: str = FULL) -> Manifest:
    """Put a manifest, and no files."""
    prefix = f"{dataset}/{number:010d}/{mode.lower()}/"
    file = PublishedFile(key=f"{prefix}part-00000.csv", etag="e", size=rows * 30, rows=rows, sha256="s")
    manifest = Manifest(
        dataset=dataset,
        number=number,
        mode=mode,
        run_id="run",
        finished_at=format_instant(at),
        contract_version=1,
        prefix=prefix,
        files=(file,),
        schema_key=f"{dataset}/{number:010d}/schema.avsc",
        covers=0,
        sources=(),
        outcomes={"delivered": rows},
        settings={},
    )
    store.create(manifest.key, encode_manifest(manifest))
    return manifest


def add_resources(state: StateTable) -> None:
    """As the reconciler writes them once the datasets are there."""
    arns = {name: _ARN.format(name.upper()) for name in _DATASETS}
    state.put("personalize", "resources", {"value": json.dumps({"datasets": arns})})


@dataclass(slots=True)
class ListedImports:
    """In the place of the client: two jobs a page, the newest first."""

    jobs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by dataset's ARN
    described: list[str] = field(default_factory=list)
    seconds: int = 1_000

    def add(self, manifest: Manifest, root: str, *, attempt: int = 1, status: str = "ACTIVE", **other: Any) -> None:
        """One more job, created after those before."""
        self.seconds += 60
        name = f"clickstream-test-{manifest.dataset}-{manifest.number}-{manifest.mode.lower()}-{attempt}"
        told = {
            "jobName": name,
            "status": status,
            "importMode": manifest.mode,
            "creationDateTime": datetime.fromtimestamp(self.seconds, UTC),
            "location": root + manifest.prefix,
        }
        job = told | other
        job["datasetImportJobArn"] = f"arn:aws:personalize:us-east-1:123456789012:dataset-import-job/{job['jobName']}"
        self.jobs.setdefault(_ARN.format(manifest.dataset.upper()), []).insert(0, job)

    def get_paginator(self, operation: str) -> ListedImports:
        assert operation == "list_dataset_import_jobs"
        return self

    def paginate(self, *, datasetArn: str) -> Iterator[Mapping[str, Any]]:  # noqa: N803 - as boto3 has it
        if datasetArn not in self.jobs:
            error: Any = {"Error": {"Code": "ResourceNotFoundException", "Message": "no such dataset"}}
            raise ClientError(error, "ListDatasetImportJobs")
        found = self.jobs[datasetArn]
        for at in range(0, len(found), 2):
            yield {"datasetImportJobs": found[at : at + 2]}

    def describe_dataset_import_job(self, *, datasetImportJobArn: str) -> Mapping[str, Any]:  # noqa: N803
        self.described.append(datasetImportJobArn.rpartition("/")[2])
        (found,) = (
            job for jobs in self.jobs.values() for job in jobs if job["datasetImportJobArn"] == datasetImportJobArn
        )
        return {"datasetImportJob": found | {"dataSource": {"dataLocation": found["location"]}}}
