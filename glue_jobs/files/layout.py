"""Where things lie in the bucket for Personalize."""

from __future__ import annotations

from collections.abc import Sequence

from glue_jobs.store import StoredObject


def staging(dataset: str) -> str:
    return f"_staging/{dataset}/"


def home(dataset: str, number: int) -> str:
    """Of one publication: its schema, its last day, and a folder with its files."""
    return f"{dataset}/{number:010d}/"


def files_prefix(dataset: str, number: int, mode: str) -> str:
    """Holds data files and nothing else: anything more would fail the import."""
    return f"{home(dataset, number)}{mode.lower()}/"


def schema_key(dataset: str, number: int) -> str:
    return f"{home(dataset, number)}schema.avsc"


def last_day_key(dataset: str, number: int) -> str:
    return f"{home(dataset, number)}last_day.csv"


def data_file(bucket: int) -> str:
    return f"part-{bucket:05d}.csv"


def announced_key(dataset: str, number: int) -> str:
    """There once the bus has taken the news of a publication."""
    return f"_announced/{dataset}/{number:010d}"


def refused_key(dataset: str, digest: str) -> str:
    """The report on rows that the gate refused, by a digest of what they were made from."""
    return f"_refused/{dataset}/{digest}.json"


def docs_prefix(dataset: str) -> str:
    return f"data-docs/{dataset}/"


LAST_DAY = -1
"""The bucket of staging that holds a sample again, of the newest rows: no part of the dataset."""


def staged_last_day(found: Sequence[StoredObject]) -> StoredObject | None:
    return next((o for o in found if _is_line(o, repeated="false") and _bucket(o.key) == LAST_DAY), None)


def staged_files(found: Sequence[StoredObject]) -> dict[int, StoredObject]:
    """Of what was staged: bucket -> its file. Raises AssertionError for a bucket with two."""
    files = [o for o in found if _is_line(o, repeated="false") and _bucket(o.key) != LAST_DAY]
    by_bucket = {_bucket(o.key): o for o in files}
    if len(by_bucket) != len(files):
        raise AssertionError(f"more than one staged file of a bucket: {[o.key for o in files]}")
    return dict(sorted(by_bucket.items()))


def staged_repeats(found: Sequence[StoredObject]) -> list[StoredObject]:
    """Files that hold two bytes for each line that was left out."""
    return [o for o in found if _is_line(o, repeated="true") and _bucket(o.key) != LAST_DAY]


def _is_line(found: StoredObject, *, repeated: str) -> bool:
    return f"/repeated={repeated}/" in found.key and found.key.endswith(".txt")


def _bucket(key: str) -> int:
    return int(key.rpartition("bucket=")[2].partition("/")[0])
