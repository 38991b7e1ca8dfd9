"""An import job: files from S3, checked by Personalize's rules, into a segment; or none of it, and a report."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any, Literal

from personalize_local.data.importing import Imported, ImportRefused, Source, import_files
from personalize_local.data.problems import Problem
from personalize_local.jobs.s3 import Store
from personalize_local.jobs.workers import JobFailed
from personalize_local.schemas.avro import parse_schema


def run(  # noqa: PLR0913 - a task's arguments
    *,
    source: str,
    s3_endpoint: str | None,
    schema: str,
    domain: Any,
    dataset_type: str,  # noqa: ARG001 - the schema says it
    mode: Literal["FULL", "INCREMENTAL"],
    out: str,
    report: str,
) -> dict[str, Any]:
    """Raises `JobFailed` with Personalize's reason; what it does not say (file, row, column, rule) is in the report."""
    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=target.parent) as folder:
        sources = fetched(Store(s3_endpoint), source, Path(folder))
        try:
            imported = import_files(sources, parse_schema(schema, domain), mode=mode, out=target)
        except ImportRefused as refused:
            _write(Path(report), _refusal(refused))
            raise JobFailed(refused.reason) from refused
    _write(Path(report), _success(imported))
    return {"rows": imported.rows}


def fetched(store: Store, source: str, folder: Path) -> list[Source]:
    return [
        Source(uri=uri, path=store.fetch(uri, folder / str(number))) for number, uri in enumerate(store.files(source))
    ]


def _refusal(refused: ImportRefused) -> dict[str, Any]:
    problems: list[dict[str, Any]] = [_problem(problem) for problem in refused.problems]
    return {"imported": False, "reason": refused.reason, "problems": problems, "more": refused.more}


def _problem(problem: Problem) -> dict[str, Any]:
    return dataclasses.asdict(problem)


def _success(imported: Imported) -> dict[str, Any]:
    return {"imported": True, "rows": imported.rows, "bytes": imported.size, "warnings": list(imported.warnings)}


def _write(path: Path, report: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1))
