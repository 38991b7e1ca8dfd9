"""Two readers, one verdict: the codec and the Spark rules judge thousands of generated lines alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from contract.codec import decode
from contract.errors import InvalidEvent
from contract.rules import RULES
from glue_jobs.events.verdict import INSTANTS, with_verdict, with_verdict_if_canonical
from tests.good_lines import PLAUSIBLE
from tests.strategies import generated_lines

pytestmark = pytest.mark.integration

LINES = 6_000


def test_spark_and_the_codec_give_the_same_verdict_on_every_line(spark: SparkSession, tmp_path: Path) -> None:
    lines = [line for line in generated_lines(seed=1, n=LINES) if b"\n" not in line and line.strip(b" \t\r")]
    (tmp_path / "lines").write_bytes(b"".join(line + b"\n" for line in lines))

    seen = spark_verdicts(spark, tmp_path / "lines")
    told = [codec_verdict(line) for line in lines]

    differ = [
        (line, codec, by_spark) for line, codec, by_spark in zip(lines, told, seen, strict=True) if codec != by_spark
    ]
    assert differ == []
    assert len(lines) >= 5_000
    assert {rule.id for rule in RULES} <= Counter(told).keys()


def test_a_line_in_canonical_form_gets_the_same_verdict_and_values_by_its_form_alone(
    spark: SparkSession, tmp_path: Path
) -> None:
    made = [line for line in generated_lines(seed=2, n=LINES) if b"\n" not in line and line.strip(b" \t\r")]
    (tmp_path / "lines").write_bytes(b"".join(line + b"\n" for line in made))
    lines = read(spark, tmp_path / "lines")
    event = F.to_json("event").alias("event")  # maps cannot be compared

    by_form = with_verdict_if_canonical(lines).where("event is not null").select("position", "rule", *INSTANTS, event)
    by_text = with_verdict(lines.join(by_form.select("position"), "position")).select(*by_form.columns[:-1], event)

    assert rows_in_order(by_form) == rows_in_order(by_text)
    assert {row["rule"] for row in by_form.collect()} >= {
        None,
        "user_id.refused",
        "occurred_at.latest",
        "value.for_type",
    }


def spark_verdicts(spark: SparkSession, path: Path) -> list[str | None]:
    rows = with_verdict(read(spark, path)).select("position", "rule").collect()
    return [row["rule"] for row in sorted(rows, key=lambda row: row["position"])]


def read(spark: SparkSession, path: Path) -> DataFrame:
    return spark.read.text(str(path), lineSep="\n").select(
        F.col("value").alias("line"),
        F.monotonically_increasing_id().alias("position"),
        F.lit(PLAUSIBLE.earliest).alias("earliest"),
        F.lit(PLAUSIBLE.latest).alias("latest"),
    )


def rows_in_order(rows: DataFrame) -> list[Row]:
    return sorted(rows.collect(), key=lambda row: row["position"])


def codec_verdict(line: bytes) -> str | None:
    try:
        decode(line, PLAUSIBLE)
    except InvalidEvent as error:
        return error.rule
    return None
