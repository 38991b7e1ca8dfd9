"""Entry point of the events job on AWS Glue: arguments, adapters, core."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession

from contract.ledger import COUNTED
from contract.times import parse_instant
from glue_jobs.events.run import Settings, Stores, run
from glue_jobs.store import S3Store


def main(argv: Sequence[str]) -> None:
    args = _parse(argv)
    stores = Stores(raw=S3Store.open(args.raw), lake=S3Store.open(args.lake), quarantine=S3Store.open(args.quarantine))
    lookback = None if args.reprocess else timedelta(hours=args.lookback_hours)
    settings = Settings(partition=args.partition, earliest=parse_instant(args.earliest), lookback=lookback)
    entry = run(_session(), stores, settings, clock=lambda: datetime.now(UTC), run_id=str(uuid.uuid4()))
    if entry is None:
        print("nothing new in raw")
    else:
        counts = ", ".join(f"{entry.count(outcome)} {outcome}" for outcome in COUNTED)
        print(f"{entry.key}: {len(entry.inputs)} objects, {counts}")


def _session() -> SparkSession:
    spark = SparkSession.builder.appName("events").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MILLIS")
    spark.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    return spark


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--raw", required=True, help="where Firehose writes, s3://bucket/events/")
    parser.add_argument("--lake", required=True, help="s3://bucket/ of the lake and the ledger")
    parser.add_argument("--quarantine", required=True, help="s3://bucket/ of the quarantine")
    parser.add_argument("--partition", default="day", help="day, or month for long thin histories")
    parser.add_argument("--earliest", required=True, help="RFC 3339: no event can be older")
    parser.add_argument("--lookback_hours", type=int, default=72, help="stream retention and a day")
    parser.add_argument(
        "--reprocess", type=lambda word: word == "true", default=False, help="true: every raw object there is"
    )
    known, _glues_own = parser.parse_known_args(argv)  # Glue adds --JOB_NAME, --TempDir, ...
    return known


if __name__ == "__main__":
    main(sys.argv[1:])
