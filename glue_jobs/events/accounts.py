"""What became of every line, object by object, from the settled lines: the ledger's side of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.ledger import CHECKPOINT, DELIVERED, ObjectAccount
from contract.ranges import Ranges
from glue_jobs.events.inputs import RawObject
from glue_jobs.events.transform import islands
from glue_jobs.literals import literal_table

_OUTCOME, _PRODUCER = "outcome", "producer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What classified lines are like, before they are held against one another."""

    firsts: Mapping[int, int]  # object -> position of its first line
    lines: Mapping[int, int]  # object -> lines that are not blank
    events: Mapping[str, int]  # dt -> events, repeats counted

    def first_positions(self, spark: SparkSession) -> DataFrame:
        """`object_no` and `first`."""
        rows = [{"object_no": no, "first": first} for no, first in self.firsts.items()]
        return literal_table(spark, rows, "object_no int, first bigint")


def overview(classified: DataFrame) -> Overview:
    """One pass over what was classified. Raises AssertionError for lines of an object that nobody asked for."""
    dt = F.when(F.col("outcome") == DELIVERED, F.col("dt")).alias("dt")
    not_blank = F.count("outcome").alias("lines")
    rows = classified.groupBy("object_no", dt).agg(F.min("position").alias("first"), not_blank).collect()
    if any(row["object_no"] is None for row in rows):
        raise AssertionError("lines were read of objects that are not among the inputs")
    firsts: dict[int, int] = {}
    lines, events = Counter[int](), Counter[str]()
    for row in rows:
        firsts[row["object_no"]] = min(row["first"], firsts.get(row["object_no"], row["first"]))
        lines[row["object_no"]] += row["lines"]
        if row["dt"] is not None:
            events[row["dt"]] += row["lines"]
    return Overview(firsts=firsts, lines=lines, events=events)


def accounts(objects: Sequence[RawObject], settled: DataFrame, seen: Overview) -> tuple[ObjectAccount, ...]:
    """One account an object, those without a line included. Asks for `source_line` in `settled`."""
    ranges = _ranges(settled)
    has_checkpoints = any(name == CHECKPOINT for _, kind, name in ranges if kind == _OUTCOME)
    checkpoints = _checkpoints(settled) if has_checkpoints else {}
    return tuple(
        ObjectAccount(
            key=o.stored.key,
            etag=o.stored.etag,
            size=o.stored.size,
            lines=seen.lines.get(no, 0),
            outcomes=_of_object(ranges, no, _OUTCOME),
            producers=_of_object(ranges, no, _PRODUCER),
            checkpoints=tuple(checkpoints.get(no, ())),
        )
        for no, o in enumerate(objects)
    )


def _ranges(settled: DataFrame) -> dict[tuple[int, str, str], Ranges]:
    """(object, kind, name) -> numbers: lines of each outcome, sequence numbers of each producer."""
    outcomes = _named_numbers(settled.where("outcome is not null"), _OUTCOME, "outcome", "source_line")
    stamped = settled.where("producer_id is not null and producer_seq is not null")
    producers = _named_numbers(stamped, _PRODUCER, "producer_id", "producer_seq")
    pairs: dict[tuple[int, str, str], list[tuple[int, int]]] = defaultdict(list)
    for row in islands(outcomes.unionByName(producers), ["object_no", "kind", "name"], "number").collect():
        pairs[row["object_no"], row["kind"], row["name"]].append((row["low"], row["high"]))
    return {key: Ranges.join(runs) for key, runs in sorted(pairs.items())}


def _named_numbers(rows: DataFrame, kind: str, name: str, number: str) -> DataFrame:
    return rows.select("object_no", F.lit(kind).alias("kind"), F.col(name).alias("name"), F.col(number).alias("number"))


def _of_object(ranges: Mapping[tuple[int, str, str], Ranges], no: int, kind: str) -> dict[str, Ranges]:
    return {name: numbers for (of, what, name), numbers in ranges.items() if (of, what) == (no, kind)}


def _checkpoints(settled: DataFrame) -> dict[int, list[Checkpoint]]:
    found: dict[int, list[Checkpoint]] = defaultdict(list)
    rows = settled.where(F.col("outcome") == CHECKPOINT).select("object_no", "source_line", "line").collect()
    for row in sorted(rows, key=lambda r: (r["object_no"], r["source_line"])):
        checkpoint = parse_checkpoint(row["line"].encode())
        if checkpoint is None:
            raise AssertionError(f"Spark takes {row['line']!r} for a checkpoint, Python does not")
        found[row["object_no"]].append(checkpoint)
    return found
