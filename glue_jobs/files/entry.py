"""What the entry points of the three jobs share: arguments, session, and whom a publication is told to."""

from __future__ import annotations

import argparse
import importlib
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from pyspark.sql import SparkSession

from contract.events import EARLIEST
from contract.ledger import COUNTED
from contract.manifest import Manifest
from contract.times import format_instant, parse_instant
from glue_jobs.files.bus import EventBridgeBus
from glue_jobs.files.history import MODES, Asked
from glue_jobs.files.publish import Publisher
from glue_jobs.gate.expectations import data_docs
from glue_jobs.gate.model import Examined
from glue_jobs.gate.settings import Settings, parse_settings
from glue_jobs.store import S3Store

NO_GATE_SETTINGS = "default"  # Glue takes no empty argument


def arguments(argv: Sequence[str], description: str | None, extra: Mapping[str, str]) -> argparse.Namespace:
    """`extra`: further required arguments and their help."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    for name, meaning in extra.items():
        parser.add_argument(name, required=True, help=meaning)
    parser.add_argument("--raw", required=True, help="s3://bucket/ with catalog/ in it")
    parser.add_argument("--personalize", required=True, help="s3://bucket/ of the files for Personalize")
    parser.add_argument("--bus", required=True, help="name of the event bus")
    parser.add_argument("--mode", default="auto", help=", ".join(MODES))
    parser.add_argument("--full_every_hours", type=float, default=24, help="auto: FULL this often, else INCREMENTAL")
    parser.add_argument("--gate", default=NO_GATE_SETTINGS, help="thresholds, NAME=VALUE,…; see docs/gate.md")
    parser.add_argument("--earliest", default=format_instant(EARLIEST), help="RFC 3339: nothing is older")
    parser.add_argument("--reprocess", type=lambda word: word == "true", default=False, help="true: FULL, news or not")
    known, _glues_own = parser.parse_known_args(argv)  # Glue adds --JOB_NAME, --TempDir, ...
    return known


def asked(args: argparse.Namespace) -> Asked:
    return Asked(mode=args.mode, full_every=timedelta(hours=args.full_every_hours), reprocess=args.reprocess)


def settings(args: argparse.Namespace) -> dict[str, str]:
    """What the gate's verdict depends on, beside the rows."""
    return {"gate": args.gate, "earliest": args.earliest}


def publisher(args: argparse.Namespace) -> Publisher:
    text = "" if args.gate == NO_GATE_SETTINGS else args.gate
    gate = parse_settings(text, Settings(earliest=parse_instant(args.earliest)))
    return Publisher(
        store=S3Store.open(args.personalize),
        bus=EventBridgeBus(boto3.client("events"), args.bus),
        gate=gate,
        document=_document,
        clock=lambda: datetime.now(UTC),
        run_id=str(uuid.uuid4()),
    )


def session(name: str) -> SparkSession:
    # Great Expectations takes seconds to import; Spark, in its own process, works meanwhile.
    threading.Thread(target=importlib.import_module, args=("great_expectations",), daemon=True).start()
    spark = SparkSession.builder.appName(name).getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    return spark


def tell(name: str, done: Manifest | str) -> None:
    """One line for the job's log."""
    if isinstance(done, str):
        print(f"{name}: {done}")
        return
    counts = ", ".join(f"{count} {outcome}" for outcome, count in done.outcomes.items() if _is_counted(outcome))
    print(f"{name}: {done.key}: {done.mode}, {done.rows} rows in {len(done.files)} files ({counts})")


def _is_counted(outcome: str) -> bool:
    return outcome.partition(":")[0] in COUNTED


def _document(examined: Examined, schema: Mapping[str, Any], folder: Path) -> bool:
    return data_docs(examined, schema, folder, run_name=examined.verdict.dataset)
