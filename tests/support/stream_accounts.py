"""What the stream consumer leaves of the lines that it read: accounts and a watermark, as its transaction has them."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from consumers.state_table import StateTable
from contract.checkpoints import parse_checkpoint
from contract.ledger import DELIVERED, QUARANTINED
from contract.ranges import Ranges
from contract.stream_account import Place, StreamAccount, encode_account
from contract.times import format_instant
from glue_jobs.store import Store
from operations.audit.gather import stamp_of

SHARD = "shardId-000000000000"


def account_of(lines: Sequence[bytes], *, first: int, at: datetime, shard: str = SHARD) -> StreamAccount:
    """Of one batch, each line in a record of its own."""
    read = [line for line in lines if parse_checkpoint(line) is None]
    stamps: dict[str, list[int]] = defaultdict(list)
    for stamp in filter(None, map(stamp_of, read)):
        stamps[stamp[0]].append(stamp[1])
    return StreamAccount(
        consumer="realtime",
        shard=shard,
        first=Place(sequence=first),
        last=Place(sequence=first + len(lines) - 1),
        at=format_instant(at),
        outcomes=Counter(DELIVERED if _is_json(line) else QUARANTINED for line in read),
        producers={producer_id: Ranges.of(seqs) for producer_id, seqs in stamps.items()},
    )


def settle(state: StateTable, account: StreamAccount) -> None:
    """Write it, and move the watermark to its end."""
    state.put(f"account#realtime#{account.shard}", account.first.key, {"account": encode_account(account)})
    mark = {"sequence": str(account.last.sequence), "sub": account.last.sub, "version": 1}
    state.put("watermark#realtime", account.shard, mark)


def settle_all(state: StateTable, lines: Sequence[bytes], *, at: datetime, quarantine: Store, batch: int = 10) -> None:
    """All lines, in batches of so many records; those that are no JSON are refused, and kept."""
    for start in range(0, len(lines), batch):
        settle(state, account_of(lines[start : start + batch], first=start + 1, at=at))
    for number, line in enumerate(lines, start=1):
        if not _is_json(line):
            quarantine.put(kept_key(number), kept_line(number, at))


def kept_key(sequence: int) -> str:
    return f"stream/realtime/dt=2026-11-23/{SHARD}/{sequence}-0-0123456789abcdef.jsonl.gz"


def kept_line(sequence: int, at: datetime) -> bytes:
    """An object of one refused line, as the consumer writes it."""
    kept = {"reason": "bad_json", "rule": "line.json", "shard": SHARD, "sequence": str(sequence), "sub": 0}
    text = json.dumps(kept | {"arrived_at": format_instant(at), "payload": ""}) + "\n"
    return gzip.compress(text.encode(), mtime=0)


def failed_batch(lines: Sequence[bytes], *, as_text: bool = True) -> bytes:
    """As Lambda puts a batch that it gives up into S3."""
    records = [{"kinesis": {"data": base64.b64encode(line).decode()}} for line in lines]
    payload = {"Records": records}
    info = {"shardId": SHARD, "batchSize": len(lines)}
    kept = {"version": "1.0", "KinesisBatchInfo": info, "payload": json.dumps(payload) if as_text else payload}
    return json.dumps(kept).encode()


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
