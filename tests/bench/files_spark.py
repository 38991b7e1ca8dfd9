"""One run of the three jobs for files in this process: lake and snapshots in, published files out."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract.times import parse_instant
from glue_jobs.catalog.kind import KINDS
from glue_jobs.catalog.run import Job as CatalogJob
from glue_jobs.files import entry, publish
from glue_jobs.files.history import Asked
from glue_jobs.gate.settings import Settings
from glue_jobs.interactions.run import Job as InteractionsJob
from tests.bench.events_job_spark import _start_spark
from tests.bench.files_data import FastStore

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class SilentBus:
    """Nobody listens."""

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        pass


@dataclass(slots=True)
class Timer:
    seconds: float = 0.0

    def around(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return do(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


def main(data: Path, out: Path) -> None:
    shutil.rmtree(out / "files", ignore_errors=True)
    gate, pages = Timer(), Timer()
    module: Any = publish
    module.examine = gate.around(module.examine)
    publisher = publish.Publisher(
        store=FastStore(out / "files"),
        bus=SilentBus(),
        gate=replace(Settings(), earliest=parse_instant("1995-01-01T00:00:00Z")),
        document=pages.around(entry._document),
        clock=lambda: NOW,
        run_id="bench",
    )
    _start_spark(out)
    spark = entry.session("bench")
    raw = FastStore(data / "raw")
    began = time.perf_counter()
    for name in ("items", "users"):
        quarantine = FastStore(out / "files" / "quarantine")
        CatalogJob(
            spark=spark,
            kind=KINDS[name],
            raw=raw,
            quarantine=quarantine,
            publisher=publisher,
            asked=Asked(),
            settings={},
        ).run()
    InteractionsJob(
        spark=spark, raw=raw, lake=FastStore(data / "lake"), publisher=publisher, asked=Asked(), settings={}
    ).run()
    jobs = time.perf_counter() - began
    spark.stop()
    times = {"jobs": jobs, "gate": gate.seconds, "pages": pages.seconds}
    (out / "times.json").write_text(json.dumps(times))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
