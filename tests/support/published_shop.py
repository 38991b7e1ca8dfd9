"""A small simulated shop, published as the jobs would: CSV, schemas and READY manifests, without Spark."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from contract.events import VERSION
from contract.manifest import FULL, Manifest, PublishedFile, encode_manifest
from contract.projection import DATASETS, interaction, is_exported, item, user
from glue_jobs.files.layout import data_file, files_prefix, schema_key
from glue_jobs.gate.gate import examine
from glue_jobs.gate.model import Context, GateFile
from glue_jobs.gate.settings import Settings as GateSettings
from glue_jobs.store import Store
from producers.simulator.catalog import catalog
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Sent, simulate

_GENERATED = Path(__file__).parents[2] / "contract" / "generated"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PublishedShop:
    """Rows by dataset, as they were published."""

    rows: Mapping[str, Sequence[Row]]

    def busiest(self, count: int) -> list[str]:
        """Users with the most interactions."""
        users = [row["USER_ID"] for row in self.rows["interactions"]]
        return sorted(set(users), key=lambda u: (-users.count(u), u))[:count]


def shop_of(*, seed: int, events: int, until: datetime) -> PublishedShop:
    """The week until `until`."""
    settings = SimulationSettings(seed=seed, events=events, start=until - timedelta(days=7), items=300, users=400)
    sent = (to_builtins(one.event) for one in simulate(settings) if isinstance(one, Sent))
    wares = catalog(settings)
    return PublishedShop(
        {
            "interactions": [interaction(event) for event in sent if is_exported(event)],
            "items": [item(to_builtins(one)) for one in wares.items],
            "users": [user(to_builtins(one)) for one in wares.users],
        }
    )


def publish(store: Store, dataset: str, rows: Sequence[Row], *, number: int = 1, mode: str = FULL) -> Manifest:
    """Put the rows where the jobs put them, and the manifest last."""
    data = csv_of(dataset, rows)
    prefix = files_prefix(dataset, number, mode)
    key = f"{prefix}{data_file(0)}"
    store.put(key, data)
    schema = schema_key(dataset, number)
    store.put(schema, (_GENERATED / f"{dataset}.avsc").read_bytes())
    (stored,) = store.list(key)
    digest = hashlib.sha256(data).hexdigest()
    gate_file = GateFile(name=data_file(0), read=lambda: data)
    context = Context(mode=mode, now=datetime.now(UTC))
    examined = examine([gate_file], json.loads((_GENERATED / f"{dataset}.avsc").read_text()), context, GateSettings())
    manifest = Manifest(
        dataset=dataset,
        number=number,
        mode=mode,
        run_id="test",
        finished_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        contract_version=VERSION,
        prefix=prefix,
        files=(PublishedFile(key=key, etag=stored.etag, size=len(data), rows=len(rows), sha256=digest),),
        schema_key=schema,
        covers=0,
        sources=(),
        outcomes={"delivered": len(rows)},
        settings={},
        gate=examined.verdict.as_data(),
        profile=examined.profile,
    )
    store.create(manifest.key, encode_manifest(manifest))
    return manifest


def csv_of(dataset: str, rows: Iterable[Row]) -> bytes:
    """As Personalize takes it: a header without quotes, a backslash that escapes, nothing where there is no value."""
    names = [column.name for column in DATASETS[dataset.title()].columns]
    out = io.StringIO()
    out.write(",".join(names) + "\n")
    writer = csv.writer(out, doublequote=False, escapechar="\\", lineterminator="\n")
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode()


def publish_all(store: Store, shop: PublishedShop, told: Callable[[Manifest], None] = lambda _: None) -> None:
    """Items and users before what refers to them."""
    for dataset in ("items", "users", "interactions"):
        told(publish(store, dataset, shop.rows[dataset]))


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
