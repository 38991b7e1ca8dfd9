"""`clickstream check` as it is typed: exit status, what is printed, and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glue_jobs.gate.rules import RULES
from glue_jobs.gate.settings import THRESHOLDS, Settings
from operations.cli import main
from tests.support.personalize_files import CASES, HEADERS, ROWS, Case, good, schema_of, write

pytestmark = pytest.mark.integration


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("rule", sorted(CASES))
def test_spoiled_files_are_stopped_with_rule_and_way_out(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[rule]
    (path := tmp_path / "x.avsc").write_text(json.dumps(case.schema or schema_of(case.dataset)))
    folder = put(tmp_path / "data", dict(case.files) | dict.fromkeys(case.context.strays, b""))

    status = main(["check", str(folder), *beside(case, tmp_path), "--schema", str(path), "--json"])

    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    (dataset,) = [found for found in printed["datasets"] if found["dataset"] == case.dataset]
    assert [(r["rule"], r["way_out"]) for r in dataset["rules"] if r["passed"] is False] == [
        (rule, RULES[rule].way_out)
    ]
    assert status == int(RULES[rule].severity == "stop")


def beside(case: Case, folder: Path) -> list[str]:
    """What the case is held against, as it is typed."""
    changed = [f"{name}={getattr(case.settings, name)}" for name in THRESHOLDS if differs(case.settings, name)]
    changed += [f"solution.{name}={'+'.join(types)}" for name, types in case.settings.solutions.items()]
    typed = ["--mode", case.context.mode, *(part for text in changed for part in ("--set", text))]
    typed += [part for name, share in case.context.null_shares.items() for part in ("--nulls", f"{name}={share}")]
    if case.context.last is not None:
        last = {"datasets": [{"dataset": case.dataset, "profile": case.context.last}]}
        (folder / "last.json").write_text(json.dumps(last))
        typed += ["--last", str(folder / "last.json")]
    for dataset, known in (("Items", case.context.known_items), ("Users", case.context.known_users)):
        if known is not None:
            rows = [row for row in ROWS[dataset]() if row[0] in known.to_pylist()]
            files = put(folder / dataset, {f"{dataset}.csv": write(HEADERS[dataset], rows)})
            typed.insert(0, str(files / f"{dataset}.csv"))
    return typed


def differs(settings: Settings, name: str) -> bool:
    return bool(getattr(settings, name) != getattr(Settings(), name))


@pytest.mark.parametrize("said", ["[]", "{", '{"dataset": "items"}', "7"])
def test_what_is_no_last_run_gives_status_2(said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path / "data", dict(good("Users").files))
    (last := tmp_path / "last.json").write_text(said)

    assert main(["check", str(folder), "--last", str(last)]) == 2
    assert "is neither the output of `clickstream check --json` nor a READY manifest" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["GENDER", "GENDER=x", "GENDER=2", "=0.5", "GENDER=nan"])
def test_what_is_no_share_gives_status_2(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path / "data", dict(good("Users").files))

    assert main(["check", str(folder), "--nulls", text]) == 2
    assert "say COLUMN=SHARE" in capsys.readouterr().err


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
