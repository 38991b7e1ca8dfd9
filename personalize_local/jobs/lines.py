"""Batch input and output: JSON lines in S3, a line of output for each line of input, in its order."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from personalize_local.jobs.s3 import Store
from personalize_local.jobs.workers import JobFailed
from personalize_local.limits import MAX_BATCH_BYTES, MAX_BATCH_FILES, MAX_BATCH_RECORDS

Line = Mapping[str, Any]


class LineRefused(Exception):
    """One line of input is wrong; its line of output says how."""


def answer_lines(
    store: Store,
    source: str,
    destination: str,
    answer: Callable[[Line], Mapping[str, Any]],
    *,
    most: int = MAX_BATCH_RECORDS,
) -> int:
    """Write `<file>.out` for every file; the number of lines. `most`: lines of one file. Raises `JobFailed`."""
    files = _files(store, source)
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        for uri in files:
            given, out = store.fetch(uri, Path(folder) / "in"), Path(folder) / "out"
            done += _answer_file(given, out, answer, most)
            if done > MAX_BATCH_RECORDS:
                raise JobFailed(f"The input has more than {MAX_BATCH_RECORDS} records.")
            store.put(out, f"{destination.rstrip('/')}/{uri.rpartition('/')[2]}.out")
    return done


def _answer_file(given: Path, out: Path, answer: Callable[[Line], Mapping[str, Any]], most: int) -> int:
    done = 0
    with given.open("rb") as lines, out.open("w") as written:
        for line in filter(bytes.strip, lines):
            done += 1
            if done > most:
                raise JobFailed(f"A file of the input has more than {most} lines.")
            written.write(json.dumps(_answered(line, answer), ensure_ascii=False) + "\n")
    return done


def _files(store: Store, source: str) -> list[str]:
    try:
        files = store.files(source)
    except JobFailed as failure:
        raise JobFailed("Invalid S3 input path") from failure
    if len(files) > MAX_BATCH_FILES:
        raise JobFailed(f"The input has {len(files)} files; at most {MAX_BATCH_FILES} are taken.")
    if sum(store.size(uri) for uri in files) > MAX_BATCH_BYTES:
        raise JobFailed(f"The input has more than {MAX_BATCH_BYTES} bytes.")
    return files


def _answered(line: bytes, answer: Callable[[Line], Mapping[str, Any]]) -> dict[str, Any]:
    given: Any = None
    try:
        given = json.loads(line)
        if not isinstance(given, dict):
            raise LineRefused("a line must be a JSON object")  # noqa: TRY301
        return {"input": given, "output": answer(given), "error": None}
    except (LineRefused, ValueError, RecursionError) as error:
        shown = given if isinstance(given, dict) else line.decode(errors="replace").rstrip("\n")
        return {"input": shown, "output": None, "error": str(error)}


def text_of(line: Line, name: str) -> str:
    """A required member that is a text."""
    value = line.get(name)
    if not isinstance(value, str) or not value:
        raise LineRefused(f"{name} is required, as a string")
    return value
