"""Write everything that derives from the contract: `python -m contract.generate`."""

from __future__ import annotations

from pathlib import Path

from contract.generate.outputs import outputs


def main() -> None:
    root = Path(__file__).parents[2]
    for name, text in outputs().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
