"""The CSV row that Spark writes and the PutEvents entry that a Lambda sends of one event hold the same values."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from pyspark.sql import SparkSession

from contract.codec import decode
from contract.projection import INTERACTIONS, ITEMS, interaction, is_exported, put_event
from contract.times import format_instant, parse_instant
from glue_jobs.files.csv_lines import csv_line, header
from glue_jobs.interactions.transform import interactions, lines
from glue_jobs.literals import literal_table
from tests.good_lines import PLAUSIBLE, good_line
from tests.support.strict_reader import read_dataset

pytestmark = pytest.mark.integration

EVENTS = 2_000
SCHEMAS = Path(__file__).parents[2] / "contract" / "generated"
FIELDS = (
    "user_id string, anonymous_id string, item_id string, occurred_at timestamp, event_type string, value double, "
    "impression array<string>, recommendation_id string, consent struct<personalization:boolean>"
)
NASTY = (
    *('"', "\\", 'a "b" c', "\\\\", '\\"', "|", "a|b", "\r", "\n", "a\r\nb", ",", ",,", " lead", "trail ", "\t"),
    *(
        "ünï",
        "日本語",
        "🎈🏽",
        "null",
        "NULL",
        "0",
        "1.5",
        "true",
        "-",
        "'",
        "#",
        "=1+1",
        "x" * 256,
        "\\n",
        "\u2028",
        "\x7f",
    ),
)
NUMBERS = (0.0, -0.0, 0.1, 1e-5, 1e7, 12345678.9, 1e21, 3.4e38, -2.5e-30, 5e-324, 2.0**53, 1 / 3, 100.0, 0.001)


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    """Generated events with nasty texts and numbers put into them."""
    rng = Random(11)
    made = [msgspec.to_builtins(decode(good_line(rng), PLAUSIBLE)) for _ in range(EVENTS)]
    for event in made:
        event["occurred_at"] = format_instant(parse_instant(event["occurred_at"]))
        for name in ("user_id", "item_id", "recommendation_id"):
            if name in event and rng.random() < 0.4:
                event[name] = rng.choice(NASTY)[:40]
        if rng.random() < 0.4:
            event["value"] = rng.choice(NUMBERS) * rng.choice((1, -1))
    return made


def written(spark: SparkSession, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events as rows of a file that Spark made the lines of, read back strictly."""
    rows = lines(interactions(literal_table(spark, events, FIELDS))).select("line").collect()
    data = "\n".join([header(INTERACTIONS), *(row["line"] for row in rows)]) + "\n"
    schema = json.loads((SCHEMAS / "interactions.avsc").read_text())
    return read_dataset({"part-00000.csv": data.encode()}, schema)


def test_a_csv_row_and_a_put_events_entry_of_an_event_are_one(
    spark: SparkSession, events: list[dict[str, Any]]
) -> None:
    exported = [event for event in events if is_exported(event)]

    found = written(spark, events)

    assert len(exported) > EVENTS / 4
    assert Counter(map(repr, found)) == Counter(repr(interaction(event)) for event in exported)
    sent = Counter(json.dumps(sent_values(put_event(event))) for event in exported)
    assert Counter(json.dumps(file_values(row)) for row in found) == sent


def sent_values(entry: dict[str, Any]) -> list[Any]:
    names = ("itemId", "sentAt", "eventType", "eventValue", "impression", "recommendationId")
    return [entry.get(name) for name in names]


def file_values(row: dict[str, Any]) -> list[Any]:
    shown = row["IMPRESSION"].split("|") if row["IMPRESSION"] else None
    values = [row[name] for name in ("ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE")]
    return [*values, shown, row["RECOMMENDATION_ID"]]


def test_nasty_values_of_items_are_read_back_identical(spark: SparkSession) -> None:
    texts = [*NASTY, "x" * 1_000, '"' * 500, "\\" * 999, " ", 'ends with \\"', "multi\nline\n"]
    wanted = [
        {column.name: None for column in ITEMS.columns}
        | {"ITEM_ID": f"i-{at}", "PRODUCT_DESCRIPTION": text, "BRAND": text, "PRICE": NUMBERS[at % len(NUMBERS)]}
        for at, text in enumerate(texts)
    ]
    kinds = {"string": "string", "long": "bigint", "float": "double"}
    table = literal_table(spark, wanted, ", ".join(f"{c.name} {kinds[c.type]}" for c in ITEMS.columns))
    rows = table.select(csv_line(ITEMS.columns).alias("line")).collect()
    data = "\n".join([header(ITEMS), *(row["line"] for row in rows)]) + "\n"

    found = read_dataset({"part-00000.csv": data.encode()}, json.loads((SCHEMAS / "items.avsc").read_text()))

    assert list(map(repr, found)) == list(map(repr, wanted))
