"""What derives from the contract is committed as it derives."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.generate.outputs import outputs

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", sorted(outputs()))
def test_a_generated_file_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text() == outputs()[name], "run: python -m contract.generate"


def test_no_generated_file_is_left_over() -> None:
    found = {str(p.relative_to(ROOT)) for p in (ROOT / "contract/generated").iterdir() if p.is_file()}

    assert found - {"contract/generated/__init__.py"} <= outputs().keys()
