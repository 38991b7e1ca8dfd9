"""Measures of a dataset as a whole, once all its files have passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glue_jobs.gate import limits
from glue_jobs.gate.counts import Counts
from glue_jobs.gate.drift import parts, stability_index
from glue_jobs.gate.gathering import Gathering
from glue_jobs.gate.model import Offence, cut
from glue_jobs.gate.schema import REQUIRED


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` is None where there is nothing to measure; `note` says why, or adds to the value."""

    value: float | None
    note: str = ""
    offences: tuple[Offence, ...] = ()


def none(note: str) -> Measure:
    return Measure(None, note)


def no_rows(of: Gathering) -> Measure:
    return Measure(of.rows)


def size(of: Gathering) -> Measure:
    return Measure(of.size)


def metadata(of: Gathering) -> Measure:
    return Measure(len(of.schema.metadata))


def rows(of: Gathering) -> Measure:
    return Measure(of.rows) if of.complete else none("not all rows could be read")


def event_types_and_columns(of: Gathering) -> Measure:
    """An event type column with nothing in it counts as a column still."""
    types = of.counted("EVENT_TYPE")
    columns = len(set(of.schema.names) - REQUIRED["Interactions"].keys())
    return Measure(len(types) + columns, f"{len(types)} event types and {columns} columns")


def interactions(of: Gathering) -> Measure:
    return needing(of, "USER_ID", "ITEM_ID", "TIMESTAMP") or Measure(_unbroken(of, of.repeats.distinct_by_type().sum()))


def _unbroken(of: Gathering, distinct: int) -> int:
    """Rows that could not be read count as rows: that they are broken is another rule's to say."""
    return int(distinct) + of.rows - of.counted("USER_ID").total - of.nulls["USER_ID"]


def interactions_by_solution(of: Gathering) -> Measure:
    if not of.settings.solutions:
        return none("no solution filters by event type: all train together")
    lacking = needing(of, "USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE")
    if lacking:
        return lacking
    by_type = of.repeats.distinct_by_type()
    types = dict(zip(of.counted("EVENT_TYPE").values.to_pylist(), by_type[1:].tolist(), strict=False))
    found = {name: sum(types.get(type_, 0) for type_ in wanted) for name, wanted in of.settings.solutions.items()}
    low = [f"{name}: {count:,} interactions" for name, count in found.items() if count < of.settings.min_interactions]
    return Measure(min(found.values()), offences=tuple(Offence("", None, "EVENT_TYPE", cut(text)) for text in low[:3]))


def active_users(of: Gathering) -> Measure:
    return needing(of, "USER_ID") or Measure(int((of.counted("USER_ID").counts > 1).sum()))


def active_share(of: Gathering) -> Measure:
    users = of.counted("USER_ID")
    if not len(users):
        return needing(of, "USER_ID") or none("there are no users")
    return needing(of, "USER_ID") or Measure(int((users.counts > 1).sum()) / len(users))


def duplicates(of: Gathering) -> Measure:
    return needing(of, "USER_ID", "ITEM_ID", "TIMESTAMP") or Measure(of.repeats.share())


def known(column: str, catalog: str) -> Callable[[Gathering], Measure]:
    """Share of rows whose id the catalog has."""

    def measure(of: Gathering) -> Measure:
        ids, counts = of.known(column), of.counted(column)
        if ids is None:
            return none(f"no {catalog} to compare with")
        return needing(of, column) or Measure(counts.among(ids) / (counts.total or 1), "", tuple(of.unknown[column]))

    return measure


def null_share(of: Gathering) -> Measure:
    declared = {name: most for name, most in of.context.null_shares.items() if name in of.schema.names}
    if not declared:
        return none("no shares are declared")
    read = of.rows or 1
    over = {name: of.nulls[name] / read for name, most in declared.items() if of.nulls[name] / read > most}
    return Measure(
        len(over),
        offences=tuple(
            Offence("", None, name, f"{share:.1%} empty, declared at most {declared[name]:.1%}")
            for name, share in list(over.items())[:3]
        ),
    )


def column_information(of: Gathering) -> Measure:
    found = [(name, why) for name in of.schema.names if name not in of.lacking and (why := _tells_nothing(of, name))]
    return Measure(len(found), offences=tuple(Offence("", None, name, why) for name, why in found[:3]))


def _tells_nothing(of: Gathering, name: str) -> str:
    """Why, or nothing. Ids and the event type are other rules' to judge."""
    if name in {"USER_ID", "ITEM_ID", "EVENT_TYPE"} or of.rows == 1:
        return ""
    if of.nulls[name] == of.rows:
        return "always empty"
    if name in of.counts:
        return _repeats_nothing(of.counts[name], of.rows, of.nulls[name])
    span = of.spans[name]
    same = not of.nulls[name] and span.least is not None and span.least == span.greatest
    return "always the same" if same else ""


def _repeats_nothing(counts: Counts, rows: int, empty: int) -> str:
    if len(counts) == 1 and not empty:
        return "always the same"
    never_again = rows >= limits.TELLING_ROWS and len(counts) + counts.others == rows - empty
    return "never the same twice" if never_again else ""


def volume(of: Gathering) -> Measure:
    return compared(of) or (Measure(of.rows / (_last(of)["rows"] or 1)) if of.complete else rows(of))


def freshness(of: Gathering) -> Measure:
    newest, before = of.spans["TIMESTAMP"].greatest, _last(of).get("newest")
    if newest is None or before is None:
        return compared(of) or none("there is no time to compare")
    return compared(of) or Measure(newest - before)


def drift_of(column: str, name: str) -> Callable[[Gathering], Measure]:
    """Population stability index of a column whose distribution the last profile holds under `name`."""

    def measure(of: Gathering) -> Measure:
        last = _last(of).get(name)
        if not last:
            return compared(of) or none(f"the last publication has no {column}")
        return needing(of, column) or Measure(stability_index(last, of.counted(column), of.nulls[column]))

    return measure


def drift_of_categories(of: Gathering) -> Measure:
    last: Mapping[str, Any] = _last(of).get("categories", {})
    columns = [column.name for column in of.schema.columns if column.categorical and column.name in last]
    found = {name: stability_index(last[name], parts(of.counted(name)), of.nulls[name]) for name in columns}
    if not found:
        return compared(of) or none("there is no categorical column to compare")
    over = [(name, index) for name, index in found.items() if index > of.settings.max_psi]
    return Measure(
        max(found.values()),
        offences=tuple(Offence("", None, name, f"population stability index {index:.2f}") for name, index in over[:3]),
    )


def needing(of: Gathering, *columns: str) -> Measure | None:
    """None where all files have these columns."""
    lacking: Sequence[str] = [column for column in columns if column in of.lacking or column not in of.schema.names]
    return none(f"{', '.join(lacking)} is missing") if lacking else rows(of) if not of.complete else None


def compared(of: Gathering) -> Measure | None:
    return None if of.context.last else none("there is no last publication to compare with")


def _last(of: Gathering) -> Mapping[str, Any]:
    return of.context.last or {"rows": 0}
