"""Look into the quarantine: how many lines by reason, and each with its bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256

from glue_jobs.store import Store
from operations.quarantine_sources import BadLine, batch_lines, change_lines, job_lines, stream_lines

__all__ = ["BadLine", "count_by_rule", "digest_of", "read_quarantine"]


def read_quarantine(store: Store) -> Iterator[BadLine]:
    """Every line: of events by the day on which it arrived, object and line; of the catalog's snapshots and changes;
    of the stream. A line that the events job and the stream's consumer both refused comes once, as the job has it.
    """
    refused_by_job: Counter[bytes] = Counter()
    for line in job_lines(store, "events/"):
        refused_by_job[digest_of(line)] += 1
        yield line
    yield from job_lines(store, "catalog/")
    yield from change_lines(store)
    for line in stream_lines(store):
        if refused_by_job[digest := digest_of(line)] > 0:
            refused_by_job[digest] -= 1
        else:
            yield line
    yield from batch_lines(store)


def digest_of(line: BadLine) -> bytes:
    """Names what the line holds: two events of the same bytes are one."""
    return sha256(line.payload).digest()[:16]


def count_by_rule(lines: Iterable[BadLine]) -> list[tuple[str, str, int, str]]:
    """(reason, rule, lines, id of the first), most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    for line in lines:
        counts[line.reason, line.rule] += 1
        first.setdefault((line.reason, line.rule), line.id)
    return [(reason, rule, count, first[reason, rule]) for (reason, rule), count in counts.most_common()]
