"""Builds what AWS runs, into build/: `python -m infra.package`."""

import argparse

from infra.assets import package
from infra.wheels import ensure_wheels


def main() -> None:
    argparse.ArgumentParser(description=__doc__, allow_abbrev=False).parse_args()
    for path in (*package(), ensure_wheels()):
        print(f"{path} {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
