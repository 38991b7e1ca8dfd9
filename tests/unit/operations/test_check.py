"""`clickstream check`: the gate as a command."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from contract.manifest import FULL
from glue_jobs.gate.settings import parse_settings
from operations.check.core import Checked, check, passed
from tests.support.personalize_files import HEADERS, good, items, write
from tests.support.sample_data import MOVIES

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def run(*paths: Path, schemas: tuple[Path, ...] = (), text: str = "") -> tuple[Checked, ...]:
    return check(paths, schemas=schemas, mode=FULL, settings=parse_settings(text), now=NOW)


def failures(done: tuple[Checked, ...]) -> list[tuple[str, str]]:
    return [(one.dataset, failure.rule) for one in done for failure in one.examined.verdict.failures]


def test_items_and_users_that_are_given_are_what_interactions_refer_to(tmp_path: Path) -> None:
    few = put(tmp_path / "few", {"items.csv": write(HEADERS["Items"], items(30))})
    clicks = put(tmp_path / "clicks", dict(good("Interactions").files))

    done = run(clicks, few)

    assert [one.dataset for one in done] == ["Items", "Interactions"]
    assert failures(done) == [("Interactions", "items_known")]
    assert not passed(done)


def test_a_schema_is_inferred_from_header_and_values(tmp_path: Path) -> None:
    text = b"ITEM_ID,YEAR,PRICE,GENRE,PRODUCT_DESCRIPTION\na,1999,1,x|y,long\nb,,2.5,z,\n"
    (done,) = run(put(tmp_path / "data", {"items.csv": text}))

    assert done.schema["fields"] == [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "YEAR", "type": ["long", "null"]},
        {"name": "PRICE", "type": ["float", "null"]},
        {"name": "GENRE", "type": ["string", "null"], "categorical": True},
        {"name": "PRODUCT_DESCRIPTION", "type": ["string", "null"], "textual": True},
    ]
    assert done.examined.verdict.passed


def test_what_lies_beside_the_files_of_a_folder_is_a_stray(tmp_path: Path) -> None:
    folder = put(tmp_path / "data", {**good("Users").files, "_SUCCESS": b""})

    assert failures(run(folder)) == [("Users", "stray_files")]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.csv": b"id,name\n1,x\n"}, "its header fits no dataset of Personalize: 'id,name'"),
        ({"a.csv.gz": b"\x1f\x8b broken"}, "cannot be read"),
        ({"notes.txt": b"x"}, "no .csv in this folder"),
    ],
)
def test_what_cannot_be_judged_is_an_error_that_says_so(files: dict[str, bytes], said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        run(put(tmp_path / "data", files))

    assert said in str(raised.value)


@pytest.mark.skipif(not MOVIES.exists(), reason="the movies are not on this machine")
def test_the_movies_pass_and_only_their_compression_is_warned_of() -> None:
    done = run(MOVIES)

    assert failures(done) == [("Items", "compressed"), ("Interactions", "compressed")]
    assert passed(done)
