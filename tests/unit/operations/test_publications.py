"""What is shown of publications and of the quarantine."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.manifest import FULL, Manifest, PublishedFile, encode_manifest
from operations.publications import Publication, fetch_docs, read_publications
from operations.quarantine import BadLine, count_by_rule, read_quarantine
from tests.support.folder_store import FolderStore

pytestmark = pytest.mark.unit

GOOD = ({"rule": "no_rows", "passed": True},)
BAD = [{"rule": "no_rows", "passed": False}]
FILE = PublishedFile(key="items/0000000001/full/part-00000.csv", etag="e", size=1, rows=4, sha256="s")
ITEMS = Manifest(
    dataset="items",
    number=1,
    mode=FULL,
    run_id="run",
    finished_at="2026-11-23T09:30:00.000Z",
    contract_version=1,
    prefix="items/0000000001/full/",
    files=(FILE,),
    schema_key="items/0000000001/schema.avsc",
    covers=0,
    sources=(),
    outcomes={"delivered": 4},
    settings={},
    gate=GOOD,
)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "bucket")


def put(store: FolderStore, key: str, data: bytes, *, minute: int) -> None:
    store.put(key, data)
    os.utime(store.root / key, (60 * minute, 60 * minute))


def nothing(dataset: str) -> Publication:
    return Publication(dataset=dataset, manifest=None, refused=False, gate=[], first_lines=[])


def test_nothing_was_published() -> None:
    assert read_publications(FolderStore(Path("nowhere"))) == [*map(nothing, ("interactions", "items", "users"))]


def test_a_publication_is_shown_with_its_first_rows_and_what_the_gate_said(store: FolderStore) -> None:
    put(store, ITEMS.key, encode_manifest(ITEMS), minute=2)
    put(store, FILE.key, b"ITEM_ID\ni-1\ni-2\ni-3\ni-4\n", minute=1)
    put(store, "_refused/items/early.json", json.dumps(BAD).encode(), minute=1)

    lines = ["ITEM_ID", "i-1", "i-2", "i-3"]
    items = Publication(dataset="items", manifest=ITEMS, refused=False, gate=GOOD, first_lines=lines)
    assert read_publications(store) == [nothing("interactions"), items, nothing("users")]


def test_a_later_refusal_is_what_the_gate_said_last(store: FolderStore) -> None:
    put(store, ITEMS.key, encode_manifest(replace(ITEMS, files=())), minute=2)
    put(store, "_refused/items/a.json", json.dumps(BAD).encode(), minute=9)
    put(store, "_refused/items/b.json", b"[]", minute=3)
    put(store, "_refused/users/c.json", json.dumps(BAD).encode(), minute=1)

    assert [(p.dataset, p.manifest is None, p.refused, p.gate) for p in read_publications(store)] == [
        ("interactions", True, False, []),
        ("items", False, True, BAD),
        ("users", True, True, BAD),
    ]


def test_pages_take_the_place_of_those_of_an_earlier_run_and_touch_nothing_else(
    store: FolderStore, tmp_path: Path
) -> None:
    folder = tmp_path / "data-docs"
    old = FolderStore(folder)
    old.put("items/index.html", b"old")
    old.put("users/validations/old.html", b"old")
    old.put("mine.txt", b"not ours")
    store.put("data-docs/items/index.html", b"new")
    store.put("data-docs/items/static/style.css", b"css")

    pages = fetch_docs(store, folder)

    assert pages == [folder / "items" / "index.html"]
    assert {found.key: old.read(found.key) for found in old.list("")} == {
        "items/index.html": b"new",
        "items/static/style.css": b"css",
        "mine.txt": b"not ours",
    }


def parquet(*rows: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row | {"event_id": None} for row in rows]), buffer)
    return buffer.getvalue()


def line(source_object: str, number: int, rule: str) -> dict[str, Any]:
    return {
        "reason": "malformed",
        "rule": rule,
        "source_object": source_object,
        "source_line": number,
        "payload": b'{"no',
    }


def test_refused_lines_of_the_catalog_are_listed_beside_those_of_events(store: FolderStore) -> None:
    events = [line("dt=2026-11-23/hour=09/a.gz", 7, "not_json"), line("dt=2026-11-23/hour=09/a.gz", 9, "no_time")]
    items = [line("catalog/items/x.jsonl.gz", 2, "not_json")]
    store.put("catalog/items/part-00000.parquet", parquet(*items))
    store.put("events/dt=2026-11-23/part-00000.parquet", parquet(*events))
    store.put("_staging/items/refused/part.parquet", b"half written")

    assert list(read_quarantine(store)) == [BadLine(**row) for row in (*events, *items)]
    assert [bad.id for bad in read_quarantine(store)][-1] == "catalog/items/x.jsonl.gz:2"
    assert count_by_rule(read_quarantine(store)) == [
        ("malformed", "not_json", 2, "dt=2026-11-23/hour=09/a.gz:7"),
        ("malformed", "no_time", 1, "dt=2026-11-23/hour=09/a.gz:9"),
    ]
