"""The warm process that runs Spark jobs one after another: tasks come and results go over one socket."""

import importlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from infra.local.job_namespace import run_script
from infra.local.spark_session import make_current, start_session, warm_up


def main(argv: Sequence[str]) -> None:
    handle, jars, driver_memory, start = argv
    # Jobs find their modules in what was shipped with them, never in the checkout this process came from.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]  # noqa: PTH109
    connection: Connection[bytes, bytes] = Connection(int(handle))
    with tempfile.TemporaryDirectory(prefix="clickstream-spark-") as scratch:
        os.environ["TMPDIR"] = tempfile.tempdir = scratch
        sessions = _Sessions(jars=[Path(jar) for jar in jars.split(",")], memory=driver_memory)
        if start == "warm":
            warm_up(sessions.fresh(), Path(scratch))
        connection.send_bytes(json.dumps({"ready": os.getpid()}).encode())
        if start == "warm":
            threading.Thread(target=_import_slow_package, name="warm-up", daemon=True).start()
        _serve(connection, sessions)


def _import_slow_package() -> None:
    # Seconds of a core, which a job that came meanwhile has nothing to wait for.
    with suppress(ImportError):
        importlib.import_module("great_expectations")


def _serve(connection: "Connection[bytes, bytes]", sessions: "_Sessions") -> None:
    while True:
        try:
            task = json.loads(connection.recv_bytes())
        except EOFError:  # the endpoint is gone
            return
        connection.send_bytes(json.dumps(_run(task, sessions)).encode())


def _run(task: Mapping[str, Any], sessions: "_Sessions") -> dict[str, str | None]:
    libraries = [Path(library) for library in task["libraries"]]
    with _output_to(Path(task["log"])):
        try:
            sessions.begin(libraries, task["spark"])
        except Py4JError as error:
            return {"error": f"the Spark process does not answer: {error}", "retire": "yes"}
        error_text = run_script(Path(task["script"]), argv=task["argv"], libraries=libraries)
    return {"error": error_text, "retire": None if sessions.end() else "yes"}


class _Sessions:
    """One Spark context; a session of its own for each run, so that settings and views do not leak."""

    def __init__(self, *, jars: Sequence[Path], memory: str) -> None:
        self._jars, self._memory = jars, memory
        self._root: SparkSession | None = None

    def fresh(self) -> SparkSession:
        """A session nobody has used, on the running context or, where a job stopped it, on a new one."""
        if self._root is None or self._root.sparkContext._jsc is None:  # noqa: SLF001 - None once stopped
            self._root = start_session(jars=self._jars, driver_memory=self._memory)
        session = self._root.newSession()
        make_current(session)
        return session

    def begin(self, libraries: Sequence[Path], options: Mapping[str, str]) -> None:
        """Ready a session for one run; raises `Py4JError` when Spark is dead."""
        session = self.fresh()
        for key, value in options.items():
            session.conf.set(key, value)
        # Executors find the modules of this run only; addPyFile adds to those of earlier runs. A task would fetch
        # those again where none did before, and they are gone.
        path, context = list(sys.path), session.sparkContext
        context._python_includes = []  # noqa: SLF001
        context._jsc.sc().addedFiles().clear()  # noqa: SLF001
        for library in libraries:
            context.addPyFile(str(library))
        sys.path[:] = path

    def end(self) -> bool:
        """Forget what the run cached; False when Spark did not survive it."""
        try:
            if self._root is not None and self._root.sparkContext._jsc is not None:  # noqa: SLF001
                self._root.catalog.clearCache()
        except (Py4JError, OSError):
            return False
        return True


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    # On the level of file descriptors, so that what C libraries and child processes print is kept too.
    saved = os.dup(1), os.dup(2)
    with log.open("ab") as target:
        os.dup2(target.fileno(), 1)
        os.dup2(target.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, number in zip(saved, (1, 2), strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)


if __name__ == "__main__":
    main(sys.argv[1:])
