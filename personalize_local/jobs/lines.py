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
# From a line of input (or its bytes, where it is no JSON object), what came of it and what was wrong, a line of output.
Form = Callable[[Any, Mapping[str, Any] | None, str | None], Mapping[str, Any]]


class LineRefused(Exception):
    """One line of input is wrong; its line of output says how."""


def answer_lines(
    store: Store,
    source: str,
    destination: str,
    answer: Callable[[Line], Mapping[str, Any]],
    form: Form,
    *,
    most: int = MAX_BATCH_RECORDS,
) -> int:
    """Write `<file>.out` for every file; the number of lines. `most`: lines of one file. Raises `JobFailed`."""
    files = _files(store, source)
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        for uri in files:
            given, out = store.fetch(uri, Path(folder) / "in"), Path(folder) / "out"
            done += _answer_file(given, out, lambda line: _answered(line, answer, form), most)
            if done > MAX_BATCH_RECORDS:
                raise JobFailed(f"The input has more than {MAX_BATCH_RECORDS} records.")
            store.put(out, f"{destination.rstrip('/')}/{uri.rpartition('/')[2]}.out")
    return done


def _answer_file(given: Path, out: Path, answer: Callable[[bytes], Mapping[str, Any]], most: int) -> int:
    done = 0
    with given.open("rb") as lines, out.open("w") as written:
        for line in filter(bytes.strip, lines):
            done += 1
            if done > most:
                raise JobFailed(f"A file of the input has more than {most} lines.")
            written.write(json.dumps(answer(line), ensure_ascii=False) + "\n")
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


def _answered(line: bytes, answer: Callable[[Line], Mapping[str, Any]], form: Form) -> Mapping[str, Any]:
    given: Any = line.decode(errors="replace").rstrip("\n")
    try:
        given = _parsed(line)
        return form(given, answer(given), None)
    except (LineRefused, ValueError, RecursionError) as error:
        return form(given, None, f"User error: {error}")


def _parsed(line: bytes) -> dict[str, Any]:
    given = json.loads(line)
    if not isinstance(given, dict):
        raise LineRefused("A line must be a JSON object")
    return given


def text_of(line: Line, name: str) -> str:
    """A required member that is a text."""
    value = line.get(name)
    if not isinstance(value, str) or not value:
        raise LineRefused(f"Required fields for the provided recipe are {name}")
    return value
