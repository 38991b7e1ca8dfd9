"""Runs a job's script as `__main__` in a namespace of its own: nothing it imports outlives the run."""

import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


def run_script(script: Path, *, argv: Sequence[str], libraries: Sequence[Path]) -> str | None:
    """Run `script` with `argv` and its `libraries` importable; None when it ended well, else why not.

    An exception, `sys.exit` with a message or with a number other than 0 is a failure, as Glue has it.
    The traceback goes to stderr.
    """
    with _own_modules(libraries), _own_argv([str(script), *argv]):
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as exit_:
            return _exit_reason(exit_.code)
        except BaseException as error:  # noqa: BLE001 - whatever ends a job is its result
            sys.excepthook(type(error), error, error.__traceback__)
            return f"{type(error).__name__}: {error}"
    return None


def _exit_reason(code: str | int | None) -> str | None:
    if code is None or code == 0:
        return None
    return f"SystemExit: {code}"


@contextmanager
def _own_argv(argv: list[str]) -> Iterator[None]:
    before = sys.argv
    sys.argv = argv
    try:
        yield
    finally:
        sys.argv = before


@contextmanager
def _own_modules(libraries: Sequence[Path]) -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    sys.path[:0] = [str(library) for library in libraries]
    try:
        yield
    finally:
        sys.path[:] = path
        # A copy: the worker may still be importing what it warms up with, in another thread.
        for name, module in sys.modules.copy().items():
            if name not in modules and _comes_from(module, libraries):
                sys.modules.pop(name, None)


def _comes_from(module: ModuleType, libraries: Sequence[Path]) -> bool:
    # A namespace package has no file, only the folders it was found in.
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(place and str(place).startswith(str(library)) for place in places for library in libraries)
