"""The fuzzer itself, run in build/peers by `tests.fuzz`: libFuzzer's arguments, then the corpus."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["contract.kpl"]):
    from tests.fuzz.aggregates import check


def main() -> None:
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
