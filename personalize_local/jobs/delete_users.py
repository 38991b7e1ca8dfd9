"""A data deletion job: every row of the users that a file names goes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personalize_local.data.deleting import Old, delete_users, users_to_delete
from personalize_local.data.importing import ImportRefused
from personalize_local.data.parts import Dataset, schema_of
from personalize_local.jobs.import_files import fetched
from personalize_local.jobs.s3 import Store
from personalize_local.jobs.workers import JobFailed


def run(
    *,
    source: str,
    s3_endpoint: str | None,
    datasets: Mapping[str, Dataset],
    database: str,  # noqa: ARG001 - put rows are deleted there by the server, when the job is settled
    out: Mapping[str, str],
) -> dict[str, Any]:
    """New segments below `out`; the users; the number of imported rows that went."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            users = users_to_delete(fetched(Store(s3_endpoint), source, Path(folder)))
        except ImportRefused as refused:
            raise JobFailed(refused.reason) from refused
    deleted = 0
    segments: dict[str, list[str]] = {}
    for name, dataset in datasets.items():
        old = [
            Old(segment=Path(segment), out=Path(out[name]) / str(number))
            for number, segment in enumerate(dataset["segments"])
        ]
        deleted += delete_users(users, old, schema_of(dataset))
        segments[name] = [str(each.out) for each in old]
    return {"deleted": deleted, "users": sorted(users), "segments": segments}
