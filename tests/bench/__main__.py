"""`python -m tests.bench`: run the benchmarks, print a table of each and write build/bench/<name>.json."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.bench import (
    codec,
    collector,
    consumer,
    durable,
    events_job,
    files,
    personalize_local,
    producer,
    realtime,
    recipes,
)
from tests.bench.model import Benchmark, Settings
from tests.bench.report import table, to_json

BENCHMARKS: dict[str, Benchmark] = {
    benchmark.name: benchmark
    for benchmark in (
        codec.BENCHMARK,
        collector.BENCHMARK,
        consumer.BENCHMARK,
        durable.BENCHMARK,
        events_job.BENCHMARK,
        files.BENCHMARK,
        personalize_local.BENCHMARK,
        personalize_local.LARGE_BENCHMARK,
        producer.BENCHMARK,
        realtime.BENCHMARK,
        recipes.BENCHMARK,
    )
}


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHMARKS), help="one benchmark instead of all")
    parser.add_argument("--repeats", type=_at_least_one, default=3, help="alternated runs of each side")
    parser.add_argument("--build", type=Path, default=Path("build/bench"), help="where data and results go")
    args = parser.parse_args(argv)
    console = Console()
    args.build.mkdir(parents=True, exist_ok=True)
    settings = Settings(repeats=args.repeats, build=args.build.resolve(), say=console.out)
    for name in [args.only] if args.only else sorted(name for name, each in BENCHMARKS.items() if not each.on_request):
        rows = BENCHMARKS[name].run(settings)
        (settings.build / f"{name}.json").write_text(to_json(rows))
        console.print(table(BENCHMARKS[name], rows))


def _at_least_one(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


if __name__ == "__main__":
    main(sys.argv[1:])
