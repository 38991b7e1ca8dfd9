"""What the buckets no longer keep is not missing; what they must keep is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contract.ledger import DELIVERED, QUARANTINED, Entry, ObjectAccount, OutputFile
from contract.ranges import Ranges
from infra.config import STAGES
from operations.audit.core import Patience, audit
from operations.audit.evidence import Evidence, TableRows
from operations.deployment import RAW_KEPT

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SINCE = NOW - RAW_KEPT  # the 29th of October, half past nine
LAKE_FILE = "events/dt=2026-10-29/part-00000.parquet"


def evidence(day: str, *, kept_since: datetime | None = SINCE) -> Evidence:
    """A raw object of that day, of which the lake alone still has something."""
    key, bad = f"dt={day}/hour=09/a.gz", f"events/dt={day}/part-00000.parquet"
    account = ObjectAccount(
        key=key,
        etag="e",
        size=1,
        lines=2,
        outcomes={DELIVERED: Ranges.of([1]), QUARANTINED: Ranges.of([2])},
        producers={"web-1": Ranges.of([1])},
    )
    outputs = (
        OutputFile(table="events", key=LAKE_FILE, etag="l", size=1, rows=1),
        OutputFile(table="quarantine", key=bad, etag="q", size=1, rows=1),
    )
    entry = Entry(job="events", number=1, run_id="r", finished_at="", settings={}, inputs=(account,), outputs=outputs)
    rows = {"events": TableRows(places=[(key, 1)]), "quarantine": TableRows(places=[])}
    return Evidence(entries=[entry], raw={}, files={"events": {LAKE_FILE: "l"}, "quarantine": {}}, rows=rows,
                    kept_since=kept_since)  # fmt: skip


def told(found: Evidence) -> list[str]:
    report = audit(found, Patience(now=NOW, allowed=RAW_KEPT))
    return [str(finding) for finding in report.findings]


def test_what_the_buckets_no_longer_keep_is_not_missing() -> None:
    assert told(evidence("2026-10-29")) == []


@pytest.mark.parametrize(("day", "since"), [("2026-10-30", SINCE), ("2026-10-29", None)])
def test_what_the_buckets_must_keep_is_missing(day: str, since: datetime | None) -> None:
    assert told(evidence(day, kept_since=since)) == [
        f"raw: producer web-1 sequence 1 was in a raw object that is gone (dt={day}/hour=09/a.gz)",
        f"events: a file of quarantine is gone (events/dt={day}/part-00000.parquet)",
        f"events: is missing from quarantine (dt={day}/hour=09/a.gz line 2)",
    ]


def test_a_refused_line_that_outlives_its_raw_object_is_no_stranger() -> None:
    found = evidence("2026-10-29")
    key = found.entries[0].inputs[0].key
    rows = {**found.rows, "quarantine": TableRows(places=[(key, 2)])}

    assert told(Evidence(entries=found.entries, raw={}, rows=rows, kept_since=SINCE)) == []


def test_the_lake_keeps_its_rows_for_ever() -> None:
    found = evidence("2026-10-29")
    gone = Evidence(entries=found.entries, raw={}, files={"events": {}}, kept_since=SINCE)

    assert told(gone) == [f"events: a file of events is gone ({LAKE_FILE})"]


def test_the_audit_knows_how_long_the_buckets_keep_events() -> None:
    assert {config.raw_days for config in STAGES.values()} == {RAW_KEPT.days}
