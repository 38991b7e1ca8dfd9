"""Draws the README's picture: `python -m infra.diagram build/cdk/dev docs/architecture.png`."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from infra.assembly import read_assembly
from infra.drawing.dot import to_dot
from infra.drawing.flow import read_flow


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("assembly", type=Path, help="what `python -m infra.app` wrote")
    parser.add_argument("picture", type=Path, help="a .png; the .dot it is drawn from goes beside it")
    args = parser.parse_args(argv)
    document = args.picture.with_suffix(".dot")
    assembly = read_assembly(args.assembly)
    document.write_text(to_dot(read_flow(assembly), assembly))
    draw(document, args.picture)
    print(f"{args.picture} and {document}")


def draw(document: Path, picture: Path) -> None:
    """Let Graphviz draw `document`; exits with what to install where it or the icons are missing."""
    dot = shutil.which("dot")
    if dot is None:
        sys.exit(
            f"{document} is written; drawing {picture.name} needs Graphviz, whose `dot` is not on the PATH: "
            "apt-get install graphviz, or brew install graphviz"
        )
    # -n2: every node stands where the document says.
    layout, resolution, icons = ("-Kneato", "-n2"), "-Gdpi=110", f"-Gimagepath={_icons()}"
    subprocess.run([dot, *layout, "-Tpng", resolution, icons, str(document), "-o", str(picture)], check=True)


def _icons() -> Path:
    wheel = find_spec("diagrams")
    if wheel is None or wheel.origin is None:
        sys.exit("the icons come with the `diagrams` package, which is not installed: make setup")
    return Path(wheel.origin).parents[1] / "resources"


if __name__ == "__main__":
    main()
