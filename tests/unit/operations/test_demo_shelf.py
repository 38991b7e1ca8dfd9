"""Rows of a publication as the demo reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.demo.shelf import read_rows
from tests.support.folder_store import FolderStore
from tests.support.listed_imports import published

pytestmark = pytest.mark.unit


def test_a_text_keeps_whatever_it_has_of_newlines_quotes_and_other_line_ends(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    items = published(store, "items", 1, rows=2, at=datetime(2026, 11, 23, tzinfo=UTC))
    text = 'ITEM_ID,PRODUCT_DESCRIPTION\ni-1,"soft\u2028and \\"warm\\"\x85\nwool"\ni-2,\n'
    store.put(items.files[0].key, text.encode())

    assert list(read_rows(store, items)) == [
        {"ITEM_ID": "i-1", "PRODUCT_DESCRIPTION": 'soft\u2028and "warm"\x85\nwool'},
        {"ITEM_ID": "i-2", "PRODUCT_DESCRIPTION": ""},
    ]
