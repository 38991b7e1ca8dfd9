"""A worker process: reads tasks as JSON lines from its input, answers on its output, ends when its input does."""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from queue import SimpleQueue
from typing import Any, Final, TextIO

from personalize_local.jobs.workers import JobFailed

# task -> module that has a function `run(**arguments)`; imported when first needed.
TASKS: Final = {
    "import": "personalize_local.jobs.import_files",
    "export": "personalize_local.jobs.export_dataset",
    "delete": "personalize_local.jobs.delete_users",
    "train": "personalize_local.jobs.train",
    "batch-inference": "personalize_local.jobs.batch_inference",
    "batch-segment": "personalize_local.jobs.batch_segment",
}


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    tasks: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin, tasks), daemon=True).start()
    while True:
        answers.write(json.dumps(answer(json.loads(tasks.get()))) + "\n")
        answers.flush()


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """{"done": result} or {"failed": reason}; a bug is a failure too, with its traceback in the log."""
    try:
        run: Callable[..., dict[str, Any]] = import_module(TASKS[question["task"]]).run
        return {"done": run(**question["arguments"])}
    except JobFailed as failure:
        return {"failed": failure.reason}
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        return {"failed": "An internal error of the emulator; its log has the traceback."}


def _read(source: TextIO, tasks: SimpleQueue[str]) -> None:
    for line in source:
        tasks.put(line)
    os._exit(0)  # the server is gone: what it asked for is asked again by the next one


if __name__ == "__main__":
    main()
