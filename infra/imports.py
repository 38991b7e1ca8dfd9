"""Which of our own files a module needs: its imports, and theirs, read without running any."""

import ast
from collections.abc import Iterator
from pathlib import Path


def modules_of(root: Path, module: str) -> frozenset[Path]:
    """The files under `root` that importing `module` loads, packages' `__init__.py` included; none where it is not."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        for path in _files(root, waiting.pop()):
            if path not in found:
                found.add(path)
                waiting += _imported(path)
    return frozenset(found)


def _files(root: Path, module: str) -> Iterator[Path]:
    """The files of a module and of the packages it is in; a name that is no module of ours has those of its package."""
    at = root
    for part in module.split("."):
        at = at / part
        if (at / "__init__.py").is_file():
            yield at / "__init__.py"
        elif at.with_suffix(".py").is_file():
            yield at.with_suffix(".py")
            return
        else:
            return


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
