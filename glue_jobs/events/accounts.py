"""What became of every line, object by object, from the settled lines: the ledger's side of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.ledger import CHECKPOINT, ObjectAccount
from contract.ranges import Ranges
from glue_jobs.events.inputs import RawObject
from glue_jobs.events.transform import islands

Pairs = list[tuple[int, int]]


def first_positions(settled: DataFrame) -> DataFrame:
    """`object_no` and `first`, the position of its first line, and `lines`, how many are not blank."""
    not_blank = F.count("outcome").alias("lines")
    return settled.groupBy("object_no").agg(F.min("position").alias("first"), not_blank)


def accounts(objects: Sequence[RawObject], settled: DataFrame, firsts: DataFrame) -> tuple[ObjectAccount, ...]:
    """One account an object, those without a line included. Asks for `source_line` in `settled`."""
    lines = {row["object_no"]: row["lines"] for row in firsts.collect()}
    if None in lines:
        raise AssertionError(f"{lines[None]} lines were read of objects that are not among {len(objects)} inputs")
    outcomes = _by_object(settled.where("outcome is not null"), "outcome", "source_line")
    stamped = settled.where("producer_id is not null and producer_seq is not null")
    producers = _by_object(stamped, "producer_id", "producer_seq")
    checkpoints = _checkpoints(settled)
    return tuple(
        ObjectAccount(
            key=o.stored.key,
            etag=o.stored.etag,
            size=o.stored.size,
            lines=lines.get(no, 0),
            outcomes=outcomes[no],
            producers=producers[no],
            checkpoints=tuple(checkpoints[no]),
        )
        for no, o in enumerate(objects)
    )


def _by_object(rows: DataFrame, name: str, number: str) -> dict[int, dict[str, Ranges]]:
    pairs: dict[int, dict[str, Pairs]] = defaultdict(lambda: defaultdict(list))
    for row in islands(rows, ["object_no", name], number).collect():
        pairs[row["object_no"]][row[name]].append((row["low"], row["high"]))
    return defaultdict(
        dict, {no: {n: Ranges.join(runs) for n, runs in sorted(names.items())} for no, names in pairs.items()}
    )


def _checkpoints(settled: DataFrame) -> dict[int, list[Checkpoint]]:
    found: dict[int, list[Checkpoint]] = defaultdict(list)
    rows = settled.where(F.col("outcome") == CHECKPOINT).select("object_no", "source_line", "line").collect()
    for row in sorted(rows, key=lambda r: (r["object_no"], r["source_line"])):
        checkpoint = parse_checkpoint(row["line"].encode())
        if checkpoint is None:
            raise AssertionError(f"Spark takes {row['line']!r} for a checkpoint, Python does not")
        found[row["object_no"]].append(checkpoint)
    return found
