"""What the entry points of `items` and `users` share."""

from __future__ import annotations

from collections.abc import Sequence

from glue_jobs.catalog.kind import KINDS
from glue_jobs.catalog.run import Job
from glue_jobs.files import entry
from glue_jobs.store import S3Store


def main(name: str, argv: Sequence[str]) -> None:
    """Arguments, adapters, core."""
    args = entry.arguments(argv, f"The job `{name}`", {"--quarantine": "s3://bucket/ of the quarantine"})
    job = Job(
        spark=entry.session(name),
        kind=KINDS[name],
        raw=S3Store.open(args.raw),
        quarantine=S3Store.open(args.quarantine),
        publisher=entry.publisher(args),
        asked=entry.asked(args),
        settings=entry.settings(args),
    )
    entry.tell(name, job.run())
