"""Builds what AWS runs, into build/: `python -m infra.package`."""

import argparse

from infra.assets import package
from infra.vendored import ensure_vendored
from infra.wheels import ensure_wheels


def main() -> None:
    argparse.ArgumentParser(description=__doc__, allow_abbrev=False).parse_args()
    packages = package(vendored=ensure_vendored())
    for path in (packages.glue_jobs, ensure_wheels(), *packages.functions.values()):
        print(f"{path} {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
