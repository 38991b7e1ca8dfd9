"""Entry point of the job `interactions` on AWS Glue: arguments, adapters, core."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from glue_jobs.files import entry
from glue_jobs.interactions.run import Job
from glue_jobs.store import S3Store


def main(argv: Sequence[str]) -> None:
    args = entry.arguments(argv, __doc__, {"--lake": "s3://bucket/ of the lake and the ledger"})
    job = Job(
        spark=entry.session("interactions"),
        raw=S3Store.open(args.raw),
        lake=S3Store.open(args.lake),
        publisher=entry.publisher(args),
        asked=entry.asked(args),
        settings=entry.settings(args),
    )
    entry.tell("interactions", job.run())


if __name__ == "__main__":
    main(sys.argv[1:])
