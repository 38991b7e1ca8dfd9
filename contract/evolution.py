"""Which changes of the contract are legal: those that yesterday's events, the lake and Personalize can take.

`contract/released/` holds each released version; the newest is what a change is held against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.events import RESERVED_WORDS

Data = Mapping[str, Any]

RESERVED_INTERACTIONS = ("USER_ID", "ITEM_ID", "TIMESTAMP")
MAX_TYPES_AND_COLUMNS = 10  # distinct event types and optional interaction columns together
MAX_METADATA = {"Interactions": 5, "Items": 100, "Users": 25}


def problems(old: Data, new: Data) -> list[str]:
    """Every reason why `new` may not follow `old`, each naming the field; empty when it may."""
    return [*_record_problems(old, new), *_dataset_problems(old, new), *limit_problems(new)]


def limit_problems(new: Data) -> Iterator[str]:
    """Where the projection is over a limit of Personalize."""
    interactions = new["datasets"]["Interactions"]
    counted = len(new["exported_types"]) + len([c for c in interactions if c not in RESERVED_INTERACTIONS])
    if counted > MAX_TYPES_AND_COLUMNS:
        yield f"Interactions: {counted} event types and optional columns; Personalize takes {MAX_TYPES_AND_COLUMNS}"
    for name, columns in new["datasets"].items():
        own = [c for c in columns if c not in RESERVED_WORDS]
        if len(own) > MAX_METADATA[name]:
            yield f"{name}: {len(own)} metadata columns; Personalize takes {MAX_METADATA[name]}"
        textual = [c for c, facts in columns.items() if facts["textual"]]
        if len(textual) > (1 if name == "Items" else 0):
            yield f"{name}: textual columns {', '.join(textual)}; Personalize takes one, in Items"


def _record_problems(old: Data, new: Data) -> Iterator[str]:
    for name, fields in old["records"].items():
        yield from _fields_problems(name, fields, new["records"].get(name, {}))


def _fields_problems(where: str, old: Data, new: Data) -> Iterator[str]:
    for name, field in old.items():
        if name not in new:
            yield f"{where}.{name}: removed; readers of the lake still ask for it"
        else:
            yield from _field_problems(f"{where}.{name}", field, new[name])
    for name in new.keys() - old.keys():
        if new[name]["required"]:
            yield f"{where}.{name}: a new field is required; yesterday's events lack it"


def _field_problems(where: str, old: Data, new: Data) -> Iterator[str]:
    if new["kind"] != old["kind"]:
        yield f"{where}: type changed from {old['kind']} to {new['kind']}; the lake's files hold {old['kind']}"
    if new["required"] and not old["required"]:
        yield f"{where}: became required; yesterday's events may lack it"
    if old["personal"] and not new["personal"]:
        yield f"{where}: no longer tagged personal"
    if new["pattern"] != old["pattern"]:
        yield f"{where}: pattern changed; what it took yesterday it may refuse today"
    for limit in ("max_length", "max_items", "maximum"):
        if _narrows(old[limit], new[limit]):
            yield f"{where}: {limit} narrowed from {old[limit]} to {new[limit]}"
    if old["minimum"] != new["minimum"] and (old["minimum"] is None or (new["minimum"] or 0) > old["minimum"]):
        yield f"{where}: minimum narrowed from {old['minimum']} to {new['minimum']}"
    if refused := set(new["refused"]) - set(old["refused"]):
        yield f"{where}: refuses more values: {', '.join(sorted(refused))}"
    yield from _fields_problems(where, old["fields"], new["fields"])


def _narrows(old: int | None, new: int | None) -> bool:
    return new is not None and (old is None or new < old)


def _dataset_problems(old: Data, new: Data) -> Iterator[str]:
    for name, columns in old["datasets"].items():
        now = new["datasets"].get(name, {})
        for column, facts in columns.items():
            if column not in now:
                yield f"{name}.{column}: removed; a Personalize dataset cannot lose a column"
            elif now[column]["type"] != facts["type"]:
                yield f"{name}.{column}: type changed from {facts['type']} to {now[column]['type']}"
        for column in now.keys() - columns.keys():
            if not now[column]["nullable"]:
                yield f"{name}.{column}: a new column must be nullable; rows already imported lack it"
