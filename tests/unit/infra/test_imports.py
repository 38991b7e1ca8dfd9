"""What a module needs of our own is found by reading, wherever it is imported."""

from pathlib import Path

import pytest

from infra.imports import modules_of

pytestmark = pytest.mark.unit

SOURCES = {
    "shop/__init__.py": "",
    "shop/till.py": "import json\nfrom shop.prices import price\nfrom stock import shelf\n",
    "shop/prices.py": "def price():\n    from stock.shelf import Shelf\n    import shop.taxes.vat\n",
    "shop/taxes/__init__.py": "",
    "shop/taxes/vat.py": "from shop.till import sell\n",
    "shop/window.py": "import stock\n",
    "stock/__init__.py": "",
    "stock/shelf.py": "import boto3\n",
    "stock/cellar.py": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def needed(root: Path, module: str) -> set[str]:
    return {str(path.relative_to(root)) for path in modules_of(root, module)}


def test_imports_of_imports_are_found_also_in_functions_and_circles(root: Path) -> None:
    assert needed(root, "shop.till") == set(SOURCES) - {"shop/window.py", "stock/cellar.py"}


def test_a_package_brings_no_more_than_it_imports(root: Path) -> None:
    assert needed(root, "shop.window") == {"shop/__init__.py", "shop/window.py", "stock/__init__.py"}


def test_what_is_not_ours_brings_nothing(root: Path) -> None:
    assert needed(root, "boto3.session") == set()
