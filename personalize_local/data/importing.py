"""Imports files into one segment: all of their rows, or none and the reasons why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from personalize_local.data.csv_reader import CsvReader, Report
from personalize_local.data.problems import Problem
from personalize_local.data.segments import SegmentWriter, new_segment
from personalize_local.limits import MAX_FULL_BYTES, MAX_INCREMENTAL_BYTES, MIN_IMPORT_INTERACTIONS
from personalize_local.schemas.model import DatasetSchema

Mode = Literal["FULL", "INCREMENTAL"]

NOT_CONFORMING: Final = (
    "Input csv has rows that do not conform to the dataset schema. Please ensure all required data fields are present "
    "and that they are of the type specified in the schema."
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that lies at `path`, and where it came from."""

    uri: str
    path: Path


@dataclass(frozen=True, kw_only=True)
class Imported:
    """`warnings`: what Personalize takes without a word, and nobody wants."""

    rows: int
    size: int  # bytes
    warnings: tuple[str, ...] = ()


class ImportRefused(Exception):
    """Nothing was imported. `more` problems are not among `problems`."""

    def __init__(self, reason: str, problems: tuple[Problem, ...] = (), more: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.problems, self.more = reason, problems, more


def import_files(
    sources: Sequence[Source], schema: DatasetSchema, *, mode: Mode, out: Path, strict_order: bool = False
) -> Imported:
    """Writes the rows of all files as the segment `out`. Raises `ImportRefused`, FileExistsError if `out` is there."""
    size = sum(source.path.stat().st_size for source in sources)
    _check_size(sources, size, mode)
    report = Report()
    with new_segment(out, schema) as segment:
        for source in sources:
            _import_file(source, schema, report, segment, strict_order=strict_order)
        _check_report(report, schema)
    return Imported(rows=report.rows, size=size, warnings=tuple(_warnings(report)))


def _check_size(sources: Sequence[Source], size: int, mode: Mode) -> None:
    if not sources:
        raise ImportRefused("Invalid Data location.")
    limit = MAX_FULL_BYTES if mode == "FULL" else MAX_INCREMENTAL_BYTES
    if size > limit:
        raise ImportRefused(f"The data has {size} bytes. A {mode} import job takes at most {limit} bytes.")


def _import_file(
    source: Source, schema: DatasetSchema, report: Report, segment: SegmentWriter, *, strict_order: bool
) -> None:
    # Personalize reads everything under a prefix; what is no data there breaks the job.
    if not source.uri.lower().endswith(".csv"):
        report.problems.add(source.uri, 0, "", "the file is not a CSV file: keep only data files under the prefix")
        report.missing += [field.name for field in schema.fields if field.name not in report.missing]
        return
    reader = CsvReader(source.uri, schema, report, strict_order=strict_order)
    with source.path.open("rb") as stream:
        for batch in reader.read(stream):
            if not report.problems:
                segment.write(batch)


def _check_report(report: Report, schema: DatasetSchema) -> None:
    problems, more = tuple(report.problems.kept), report.problems.more
    if report.missing:
        columns = [field.name for field in schema.fields if field.name in report.missing]
        raise ImportRefused(
            f"Failed to create a data import job {schema.dataset.upper()} dataset. "
            f"Input CSV is missing the following columns: [{', '.join(columns)}].",
            problems,
            more,
        )
    if problems:
        raise ImportRefused(NOT_CONFORMING, problems, more)
    least = MIN_IMPORT_INTERACTIONS if schema.dataset == "Interactions" else 1
    if report.rows < least:
        raise ImportRefused(
            f"The data has {report.rows} records. An import job of {schema.dataset} needs at least {least}."
        )


def _warnings(report: Report) -> list[str]:
    found = []
    if report.not_seconds:
        found.append(f"{report.not_seconds} times have more than ten digits: they must be Unix seconds.")
    if report.cut_texts:
        found.append(f"{report.cut_texts} texts were too long and have been cut.")
    return found
