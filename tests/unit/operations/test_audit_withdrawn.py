"""A number that its producer withdrew is not lost: its sender was told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contract.checkpoints import Checkpoint
from contract.ledger import CHECKPOINT, DELIVERED, Entry, ObjectAccount
from contract.ranges import Ranges
from operations.audit.core import Patience, audit
from operations.audit.evidence import Evidence
from operations.audit.report import Hop, Report

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def report(*, seen: str, withdrawn: str) -> Report:
    """Of a producer that accepted ten events, delivered `seen` and said at the end that it withdrew some."""
    seqs = Ranges.parse(seen)
    account = ObjectAccount(
        key="dt=2026-11-23/hour=09/a.gz",
        etag="e",
        size=1,
        lines=len(seqs) + 1,
        outcomes={DELIVERED: Ranges.to(len(seqs)), CHECKPOINT: Ranges.of([len(seqs) + 1])},
        producers={"web-1": seqs},
        checkpoints=(
            Checkpoint(
                producer_id="web-1", number=1, accepted=10, at=NOW, final=True, withdrawn=Ranges.parse(withdrawn)
            ),
        ),
    )
    entry = Entry(job="events", number=1, run_id="r", finished_at="", settings={}, inputs=(account,), outputs=())
    return audit(Evidence(entries=[entry], raw={account.key: "e"}), Patience(now=NOW, allowed=None))


def test_what_was_withdrawn_is_not_lost() -> None:
    told = report(seen="1-3,7-10", withdrawn="4-6")

    assert told.balanced
    assert told.hops[0] == Hop(hop="producer", accepted=7, delivered=7)


def test_what_was_withdrawn_and_came_all_the_same_is_delivered() -> None:
    told = report(seen="1-5,7-10", withdrawn="4-6")

    assert told.balanced
    assert told.hops[0] == Hop(hop="producer", accepted=9, delivered=9)


@pytest.mark.parametrize("withdrawn", ["", "4-5", "4-5,11-12"])
def test_what_was_not_withdrawn_is_lost(withdrawn: str) -> None:
    lost = Ranges.parse("4-6") - Ranges.parse(withdrawn)

    assert [str(finding) for finding in report(seen="1-3,7-10", withdrawn=withdrawn).findings] == [
        f"producer: producer web-1 sequence {lost} was accepted and is not in raw"
    ]
