"""`clickstream check` as it is typed: exit status, what is printed, and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glue_jobs.gate.rules import RULES
from glue_jobs.gate.settings import Settings
from operations.cli import main
from tests.support.personalize_files import CASES, good, schema_of

pytestmark = pytest.mark.integration

OF_FILES_ALONE = sorted(
    rule
    for rule, case in CASES.items()
    if case.context == good("Users").context and case.settings == Settings() and rule != "no_rows"
)


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("rule", OF_FILES_ALONE)
def test_spoiled_files_are_stopped_with_rule_and_way_out(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[rule]
    (path := tmp_path / "x.avsc").write_text(json.dumps(case.schema or schema_of(case.dataset)))
    folder = put(tmp_path / "data", dict(case.files))

    status = main(["check", str(folder), "--schema", str(path), "--json"])

    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    (dataset,) = printed["datasets"]
    assert [(r["rule"], r["way_out"]) for r in dataset["rules"] if r["passed"] is False] == [
        (rule, RULES[rule].way_out)
    ]
    assert status == int(RULES[rule].severity == "stop")


def test_a_person_sees_row_column_rule_and_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path / "data", dict(CASES["timestamp_seconds"].files))

    assert main(["check", str(folder)]) == 1

    printed = capsys.readouterr().out
    assert "stop timestamp_seconds" in printed
    assert "part-0.csv row 17 column TIMESTAMP: 1790000015000 has 13 digits: milliseconds?" in printed
    assert f"way out: {RULES['timestamp_seconds'].way_out[:40]}" in printed


def test_errors_give_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "absent.csv")]) == 2
    assert "absent.csv: cannot be read" in capsys.readouterr().err
    assert main(["check", str(put(tmp_path / "d", dict(good("Users").files))), "--set", "stop=nothing"]) == 2
    assert "no rule nothing" in capsys.readouterr().err
