"""`python -m tests.fuzz`: fuzz the reader of aggregates for a while; bytes that break it are left in build/fuzz."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Sequence

from contract.kpl import MAGIC
from contract.kpl_write import Aggregate
from tests.bench.peers import ROOT, peers_python

_FOLDER = ROOT / "build" / "fuzz"
_LONGEST = 4_096  # bytes of an input


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args(argv)
    python = peers_python(print)
    corpus = _FOLDER / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for body in seeds():
        (corpus / hashlib.sha256(body).hexdigest()[:16]).write_bytes(body)
    limits = [f"-max_total_time={args.seconds}", f"-max_len={_LONGEST}", f"-artifact_prefix={_FOLDER}/"]
    return subprocess.run([python, "-m", "tests.fuzz.decoder", *limits, corpus], cwd=ROOT, check=False).returncode


def seeds() -> Iterator[bytes]:
    """Bodies of aggregates, with and without hash keys, from one record to many."""
    for count in (1, 2, 130):
        for hash_key in (None, "7"):
            for size in (3, 200):
                aggregate = Aggregate(10**6)
                for number in range(count):
                    aggregate.add(f"u-{number}".encode(), MAGIC + bytes(size), hash_key)
                yield aggregate.close()[len(MAGIC) : -16]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
