"""Good Personalize files, and for each rule of the gate files that break it alone."""

from __future__ import annotations

import copy
import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from contract.manifest import FULL, INCREMENTAL
from glue_jobs.gate.gate import examine
from glue_jobs.gate.model import Context, Examined, GateFile
from glue_jobs.gate.settings import Settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = 1_790_000_000
FULL_CONTEXT = Context(mode=FULL, now=NOW)
Row = list[str]


def schema_of(dataset: str) -> dict[str, Any]:
    path = Path(__file__).parents[2] / "contract" / "generated" / f"{dataset.lower()}.avsc"
    schema: dict[str, Any] = json.loads(path.read_text())
    return schema


HEADERS = {name: [f["name"] for f in schema_of(name)["fields"]] for name in ("Interactions", "Items", "Users")}


def interactions(rows: int = 1_200, users: int = 60) -> list[Row]:
    """Rows with values that need quotes and escapes among them."""
    types = ("view", "click", "purchase")
    return [
        [
            f"u-{at % users}",
            f"i-{at % 41}",
            str(START + at),
            types[at % 3],
            "" if at % 4 else f"{at / 7:.2f}",
            "" if at % 5 else "i-1|i-2|" + ('a"b' if at % 2 else "c\\d"),
            "" if at % 5 else f"RID-{at}",
        ]
        for at in range(rows)
    ]


def items(rows: int = 60) -> list[Row]:
    return [
        [
            f"i-{at}",
            "shoes" if at % 2 else "hats, caps",
            "boots" if at % 3 else "",
            "" if at % 2 else "rain",
            "Action|Comedy" if at % 2 else "Drama",
            str(1990 + at % 20),
            f"{at}.5",
            "Nord" if at % 2 else "Süd",
            f'Warm "{at}"\nfor wet days' if at % 2 else "",
            str(START + at),
            str(at % 3 == 0),
        ]
        for at in range(rows)
    ]


def users(rows: int = 60) -> list[Row]:
    return [
        [f"u-{at}", f"{at % 5}0-{at % 5}9", "FM"[at % 2], ("gold", "none")[at % 2], "CH" if at % 3 else ""]
        for at in range(rows)
    ]


ROWS = {"Interactions": interactions, "Items": items, "Users": users}


def write(header: Sequence[str], rows: Sequence[Row]) -> bytes:
    """As Personalize takes it: quotes where needed, backslash escapes, no quotes around the header."""
    lines = [",".join(header), *(",".join(written(value) for value in row) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def written(value: str) -> str:
    if value == value.strip(" ") and not set(value) & set('",\\\r\n'):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@dataclass(frozen=True, kw_only=True)
class Case:
    """A dataset as the gate is given it."""

    dataset: str
    files: Mapping[str, bytes]
    context: Context = FULL_CONTEXT
    settings: Settings = field(default_factory=Settings)
    schema: Mapping[str, Any] | None = None

    def examined(self) -> Examined:
        files = [GateFile(name, lambda data=data: data) for name, data in self.files.items()]  # type: ignore[misc]
        return examine(files, self.schema or schema_of(self.dataset), self.context, self.settings)


def good(dataset: str, **changes: Any) -> Case:
    """Two files; one holds all but the last ten rows."""
    rows = ROWS[dataset]()
    return of_rows(dataset, rows, **changes)


def of_rows(dataset: str, rows: Sequence[Row], **changes: Any) -> Case:
    header = HEADERS[dataset]
    files = {"part-0.csv": write(header, rows[:-10]), "part-1.csv": write(header, rows[-10:])}
    return Case(dataset=dataset, files=files, **changes)


def with_cell(dataset: str, column: str, value: str, at: int = 15, **changes: Any) -> Case:
    """One cell spoiled, in row `at` + 2 of the first file."""
    rows = ROWS[dataset]()
    rows[at][HEADERS[dataset].index(column)] = value
    return of_rows(dataset, rows, **changes)


def with_bytes(dataset: str, old: bytes, new: bytes) -> Case:
    """The first file with its first `old` replaced."""
    files = dict(good(dataset).files)
    assert old in files["part-0.csv"]
    files["part-0.csv"] = files["part-0.csv"].replace(old, new, 1)
    return Case(dataset=dataset, files=files)


def with_schema(dataset: str, column: str, **changes: Any) -> Case:
    schema = copy.deepcopy(schema_of(dataset))
    (found,) = [f for f in schema["fields"] if f["name"] == column]
    found |= changes
    return good(dataset, schema=schema)


def _ids_only(dataset: str, name: str) -> Case:
    schema = schema_of(dataset) | {"fields": [{"name": name, "type": "string"}]}
    return Case(dataset=dataset, files={"part-0.csv": write([name], [[f"x-{at}"] for at in range(60)])}, schema=schema)


def _last(dataset: str, **changes: Any) -> Context:
    return Context(mode=FULL, now=NOW, last=good(dataset).examined().profile | changes)


def _drifted(name: str, top: str) -> Context:
    moved = {"shares": {top: 0.99}, "rest": 0.01, "empty": 0.0}
    return _last("Interactions", **{name: moved})


def _doubled() -> Case:
    rows = interactions()
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    header = (",".join(HEADERS["Interactions"]) + "\n").encode()
    return Case(dataset="Interactions", files={"part-0.csv": header + out.getvalue().encode()})


def _with_boolean() -> Case:
    schema = schema_of("Users")
    schema = schema | {"fields": [*schema["fields"], {"name": "NEWSLETTER", "type": ["boolean", "null"]}]}
    rows = [[*row, "True" if at == 15 else ("true", "false")[at % 2]] for at, row in enumerate(users())]
    return Case(dataset="Users", files={"u.csv": write([*HEADERS["Users"], "NEWSLETTER"], rows)}, schema=schema)


def _nullable_type() -> Case:
    schema = copy.deepcopy(schema_of("Interactions"))
    schema["fields"][3]["type"] = ["string", "null"]
    return with_cell("Interactions", "EVENT_TYPE", "", schema=schema)


def _many_metadata() -> Case:
    names = [f"M_{at}" for at in range(26 - 4)]
    schema = schema_of("Users")
    more = [{"name": name, "type": ["long", "null"]} for name in names]
    rows = [[*row, *(str(at % 7 + n) for n in range(len(names)))] for at, row in enumerate(users())]
    schema = schema | {"fields": [*schema["fields"], *more]}
    return Case(dataset="Users", files={"u.csv": write([*HEADERS["Users"], *names], rows)}, schema=schema)


def _types(many: int) -> Case:
    rows = interactions()
    for at, row in enumerate(rows):
        row[3] = f"type-{at % many}"
    return of_rows("Interactions", rows)


def _single_clicks(total: int, active: int) -> Case:
    """As many rows of users who come once, beside some who come twice."""
    rows = interactions(total + 2 * active)
    for at, row in enumerate(rows):
        row[0] = f"u-{at}" if at < total else f"v-{(at - total) % active}" if active else "v"
    return of_rows("Interactions", rows)


def _repeated() -> Case:
    rows = interactions()
    return of_rows("Interactions", [*rows, *rows[:60]])


def _users_column(column: str, values: Sequence[str]) -> Case:
    rows = users()
    for at, row in enumerate(rows):
        row[HEADERS["Users"].index(column)] = values[at % len(values)]
    return of_rows("Users", rows)


CASES: dict[str, Case] = {
    "encoding": with_bytes("Interactions", b"RID-15", b"RID-\xff"),
    "compressed": Case(dataset="Users", files={"u.csv.gz": gzip.compress(write(HEADERS["Users"], users()))}),
    "stray_files": good("Users", context=Context(mode=FULL, now=NOW, strays=("_SUCCESS",))),
    "header_unquoted": with_bytes("Users", b"USER_ID,", b'"USER_ID",'),
    "columns": with_bytes("Users", b"GENDER", b"SEX"),
    "row_shape": with_bytes("Interactions", b"u-16,", b"u-16,extra,"),
    "escapes": _doubled(),
    "line_ends": Case(dataset="Users", files={"u.csv": write(HEADERS["Users"], users()).replace(b"\n", b"\r\n")}),
    "schema_form": with_schema("Interactions", "EVENT_TYPE", categorical=True),
    "required_value": with_cell("Interactions", "ITEM_ID", ""),
    "number_form": with_cell("Items", "PRICE", "12,50"),
    "boolean_form": _with_boolean(),
    "timestamp_seconds": with_cell("Interactions", "TIMESTAMP", "1790000015000"),
    "id_length": with_cell("Interactions", "ITEM_ID", "ü" * 257),
    "value_length": with_cell("Items", "BRAND", "x" * 1_001),
    "text_length": with_cell("Items", "PRODUCT_DESCRIPTION", "x" * 20_001),
    "impression_form": with_cell("Interactions", "IMPRESSION", '["i-1","i-2"]'),
    "category_form": with_cell("Items", "GENRES", "['Action', 'Comedy']"),
    "no_identity": with_cell("Interactions", "USER_ID", "null"),
    "reserved_word": with_cell("Interactions", "EVENT_TYPE", "EVENT_TYPE"),
    "event_type_missing": _nullable_type(),
    "unique_id": with_cell("Items", "ITEM_ID", "i-3"),
    "no_rows": Case(dataset="Items", files={"part-0.csv": write(HEADERS["Items"], [])}),
    "metadata_columns": _many_metadata(),
    "metadata_missing": _ids_only("Items", "ITEM_ID"),
    "event_types_and_columns": _types(7),
    "interactions_minimum": of_rows("Interactions", interactions(999)),
    "interactions_minimum_by_solution": good("Interactions", settings=Settings(solutions={"top": ("purchase",)})),
    "active_users_minimum": _single_clicks(1_000, 24),
    "active_users_share": _single_clicks(3_000, 25),
    "incremental_minimum": of_rows("Interactions", interactions(999), context=Context(mode=INCREMENTAL, now=NOW)),
    "records_maximum": good("Interactions", settings=Settings(max_interactions=1_199)),
    "bytes_maximum": good("Interactions", settings=Settings(max_full_bytes=10_000)),
    "duplicates": _repeated(),
    "items_known": good("Interactions", context=Context(mode=FULL, now=NOW, known_items=pa.array(["i-1", "i-2"]))),
    "users_known": good(
        "Interactions",
        context=Context(mode=FULL, now=NOW, known_users=pa.array(["u-1"])),
        settings=Settings(min_users_known=0.5),
    ),
    "null_share": good("Users", context=Context(mode=FULL, now=NOW, null_shares={"LOCATION": 0.3, "GENDER": 0.0})),
    "column_information": _users_column("MEMBERSHIP", ["gold"]),
    "volume": good("Users", context=_last("Users", rows=121)),
    "freshness": good("Interactions", context=_last("Interactions", newest=START + 5_000)),
    "drift_event_mix": good("Interactions", context=_drifted("event_types", "view")),
    "drift_item_popularity": good("Interactions", context=_drifted("top_items", "i-1")),
    "drift_categories": Case(
        dataset="Users", files=_users_column("GENDER", ["F", "F", "F", "F", "F", "M"]).files, context=_last("Users")
    ),
}
