"""What the ledger says of the lines that producers put on a stream, as the events job would write it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.ledger import CHECKPOINT, DEDUPLICATED, DELIVERED, Entry, ObjectAccount
from contract.ranges import Ranges
from operations.audit.core import Patience, audit
from operations.audit.evidence import Evidence, TableRows, stamps_by_producer
from operations.audit.report import Report
from tests.factories import NOW

Stamp = tuple[str, int]
_stamp = re.compile(rb'"producer_id":"([^"]+)","producer_seq":([0-9]+)\}\n\Z').search


def stamp_of(line: bytes) -> Stamp | None:
    found = _stamp(line)
    return (found[1].decode(), int(found[2])) if found else None


def last_words(lines: Sequence[bytes]) -> dict[str, Checkpoint]:
    """The newest checkpoint of each producer."""
    newest: dict[str, Checkpoint] = {}
    for checkpoint in filter(None, map(parse_checkpoint, lines)):
        before = newest.get(checkpoint.producer_id)
        if before is None or before.number < checkpoint.number:
            newest[checkpoint.producer_id] = checkpoint
    return newest


def unbalanced(lines: Sequence[bytes]) -> list[str]:
    """What the audit finds."""
    return [str(finding) for finding in audited(lines).findings]


def audited(lines: Sequence[bytes]) -> Report:
    """Of each event the first line was delivered, the others are repeats."""
    outcomes: dict[str, list[int]] = defaultdict(list)
    seen: set[bytes] = set()
    checkpoints: list[Checkpoint] = []
    for number, line in enumerate(lines, start=1):
        if checkpoint := parse_checkpoint(line):
            checkpoints.append(checkpoint)
            outcomes[CHECKPOINT].append(number)
        else:
            outcomes[DEDUPLICATED if line in seen else DELIVERED].append(number)
            seen.add(line)
    account = ObjectAccount(
        key="raw",
        etag="e",
        size=1,
        lines=len(lines),
        outcomes={name: Ranges.of(numbers) for name, numbers in outcomes.items()},
        producers=stamps_by_producer(filter(None, map(stamp_of, lines))),
        checkpoints=tuple(checkpoints),
    )
    entry = Entry(job="events", number=1, run_id="r", finished_at="", settings={}, inputs=(account,), outputs=())
    rows = {"events": TableRows(places=[("raw", number) for number in outcomes[DELIVERED]])}
    return audit(Evidence(entries=[entry], raw={"raw": "e"}, rows=rows), Patience(now=NOW, allowed=None))
