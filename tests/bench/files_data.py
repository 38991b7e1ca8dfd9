"""A lake of many events with its ledger, and snapshots of a catalog: made once, the same each time."""

# ruff: noqa: S608  # the statements are our own text

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from contract.ledger import DELIVERED, Entry, ObjectAccount, OutputFile, encode_entry
from contract.ranges import Ranges
from contract.snapshots import snapshot_key
from glue_jobs.store import StoredObject
from tests.support.folder_store import FolderStore

SOURCE = "dt=2026-11-01/hour=00/events.gz"
TAKEN_AT = datetime(2026, 11, 22, tzinfo=UTC)
_DAYS = 20
_FIRST = date(2026, 11, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    events: int
    items: int = 20_000
    users: int = 200_000


@dataclass(frozen=True, slots=True)
class FastStore(FolderStore):
    """A folder whose etags cost nothing, as S3's."""

    def _stored(self, path: Path) -> StoredObject:
        facts = path.stat()
        modified = datetime.fromtimestamp(facts.st_mtime, tz=UTC)
        key = str(path.relative_to(self.root))
        return StoredObject(key, f"{facts.st_size:x}-{facts.st_mtime_ns:x}", facts.st_size, modified)


def files_data(settings: DataSettings, folder: Path) -> Path:
    """The folder with `lake/` and `raw/` in it."""
    home = folder / f"files-{settings.events}-{settings.items}-{settings.users}"
    if not (home / "complete").exists():
        _write_lake(settings, home / "lake")
        _write_catalog(settings, FolderStore(home / "raw"))
        (home / "complete").touch()
    return home


def _write_lake(settings: DataSettings, lake: Path) -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    a_day = settings.events // _DAYS
    outputs = []
    for day in range(_DAYS):
        key = f"events/dt={_FIRST + timedelta(days=day)}/part-00000.parquet"
        (lake / key).parent.mkdir(parents=True, exist_ok=True)
        connection.execute(_day(settings, day, a_day, str(lake / key)))
        stored = FastStore(lake)._stored(lake / key)
        outputs.append(OutputFile(table="events", key=key, etag=stored.etag, size=stored.size, rows=a_day))
    account = ObjectAccount(
        key=SOURCE,
        etag="e",
        size=1,
        lines=a_day * _DAYS,
        outcomes={DELIVERED: Ranges.to(a_day * _DAYS)},
        producers={"bench": Ranges.to(a_day * _DAYS)},
    )
    entry = Entry(
        job="events",
        number=1,
        run_id="bench",
        finished_at="2026-11-22T00:00:00.000Z",
        settings={"partition": "day"},
        inputs=(account,),
        outputs=tuple(outputs),
    )
    FolderStore(lake).put(entry.key, encode_entry(entry))


def _day(settings: DataSettings, day: int, rows: int, path: str) -> str:
    """Three quarters are exported; a tenth carries an impression; one visitor in fifty refuses personalization."""
    at = f"TIMESTAMPTZ '{_FIRST + timedelta(days=day)} 00:00:00+00' + INTERVAL ((n * 86400000) // {rows}) MILLISECOND"
    types = "['view', 'view', 'view', 'click', 'add_to_cart', 'purchase', 'search', 'watch']"
    context = "{'device': 'mobile', 'platform': 'ios', 'app_version': '1', 'locale': 'de', 'page': '/', 'referrer': ''}"
    return f"""
      COPY (
        SELECT 1::BIGINT AS schema_version, 'shop' AS app_id, printf('0193b1c2-7a54-7cc3-98c4-%012x', i) AS event_id,
          {types}[1 + (hash(i) % 8)::INT] AS event_type, {at} AS occurred_at, NULL::TIMESTAMPTZ AS sent_at,
          NULL::TIMESTAMPTZ AS received_at,
          CASE WHEN hash(i, 1) % 3 < 2 THEN 'u-' || hash(i, 2) % {settings.users} END AS user_id,
          'a-' || hash(i, 3) % {settings.users} AS anonymous_id, 's-' || i // 7 AS session_id,
          'i-' || (pow(hash(i, 4) % 1000000 / 1000000.0, 3) * {settings.items - 1})::INT AS item_id,
          CASE WHEN hash(i, 5) % 4 = 0 THEN (hash(i, 6) % 100000) / 100.0 END::DOUBLE AS value,
          NULL::VARCHAR AS recommendation_id,
          CASE WHEN hash(i, 7) % 10 = 0 THEN ['i-1', 'i-2', 'i-' || i % 1000] END AS impression,
          {context} AS context, NULL::MAP(VARCHAR, VARCHAR) AS properties,
          CASE WHEN hash(i, 8) % 50 = 0 THEN {{'analytics': true, 'personalization': false}} END AS consent,
          'bench' AS producer_id, i AS producer_seq, '{SOURCE}' AS source_object, i AS source_line
        FROM (SELECT n, {day * rows} + n + 1 AS i FROM range({rows}) AS numbers(n))
      ) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"""


def _write_catalog(settings: DataSettings, raw: FolderStore) -> None:
    for dataset, rows in (("items", _items(settings.items)), ("users", _users(settings.users))):
        data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        raw.put(snapshot_key(dataset, TAKEN_AT, "0" * 12), gzip.compress(data, compresslevel=1, mtime=0))


def _items(count: int) -> Iterator[dict[str, object]]:
    for n in range(count):
        yield {
            "item_id": f"i-{n}",
            "category_l1": f"c-{n % 20}",
            "category_l2": f"c-{n % 200}",
            "price": n % 997 / 4,
            "brand": f'Brand "{n % 50}"' if n % 10 == 0 else f"Brand {n % 50}",
            "description": f"Model {n}, in the colours\nred and green",
            "created_at": f"2026-0{1 + n % 9}-1{n % 10}T00:00:00Z",
            "available": n % 30 != 0,
        }


def _users(count: int) -> Iterator[dict[str, object]]:
    for n in range(count):
        yield {"user_id": f"u-{n}", "age_band": f"{n % 6 + 1}5-{n % 6 + 2}4", "gender": "FMX"[n % 3], "location": "CH"}
