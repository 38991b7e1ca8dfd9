"""A dataset export job: what was imported, put, or both, as CSV that an import reads again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from personalize_local.data.exporting import export_files
from personalize_local.data.parts import Dataset, bulk, put, schema_of, table_of
from personalize_local.data.segments import Part
from personalize_local.jobs.s3 import Store


def run(
    *,
    datasets: Mapping[str, Dataset],
    database: str,
    mode: Literal["BULK", "PUT", "ALL"],
    destination: str,
    s3_endpoint: str | None,
    name: str,
) -> dict[str, Any]:
    """Writes `<destination>/<job name>/part-00000.csv`; the number of rows."""
    [dataset] = datasets.values()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "part"
        rows = export_files(_parts(dataset, Path(database), mode), schema_of(dataset), file)
        Store(s3_endpoint).put(file, f"{destination.rstrip('/')}/{name}/part-00000.csv")
    return {"rows": rows}


def _parts(dataset: Dataset, database: Path, mode: str) -> Sequence[Part]:
    match mode:
        case "BULK":
            return bulk(dataset)
        case "PUT":
            return [put(dataset, database)]
        case _:
            return [table_of(dataset, database)]
