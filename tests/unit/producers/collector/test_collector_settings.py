"""A setting works where it is given, or stops the start: none is passed over in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ConfigurationError
from producers.collector.on_lambda import Deadline, FunctionSettings, app_of
from producers.collector.settings import ServerSettings, load_settings
from producers.collector.worker import Worker
from producers.sdk.memory import MemoryStream
from tests.factories import FakeClock
from tests.support.collector_world import WEB

pytestmark = pytest.mark.unit

KEYS = json.dumps([{"name": WEB.name, "sha256": WEB.sha256}])


def start_server(**told: Any) -> None:
    """As far as a container goes before its workers begin."""
    environ = {f"COLLECTOR_{name.upper()}": str(value) for name, value in {"stream": "s", **told}.items()}
    Worker(load_settings(ServerSettings, environ), stream=MemoryStream, clock=FakeClock()).check()


def start_function(**told: Any) -> None:
    environ = {f"COLLECTOR_{name.upper()}": str(value) for name, value in {"stream": "s", **told}.items()}
    clock = FakeClock()
    app_of(load_settings(FunctionSettings, environ), stream=MemoryStream(), clock=clock, deadline=Deadline(clock))


@pytest.mark.parametrize("given", ["jwt_issuer", "jwt_audience"])
def test_an_issuer_whose_keys_are_unknown_would_have_no_token_asked_for(given: str) -> None:
    with pytest.raises(ConfigurationError, match=r"set jwks"):
        start_server(write_keys=KEYS, **{given: "https://id.example"})


@pytest.mark.parametrize("given", ["jwks", "jwt_issuer", "jwt_audience"])
def test_a_function_is_not_told_of_tokens_which_are_the_http_apis_to_check(given: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{given}: .*--collector_jwt_issuer"):
        start_function(write_keys=KEYS, **{given: "https://id.example"})


@pytest.mark.parametrize("given", [{"spool_bytes": 1024**3}, {"spool_sync": "batch"}, {"spool_sync": 0.5}])
def test_what_a_spool_is_told_needs_a_spool(given: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="set spool_root"):
        start_server(write_keys=KEYS, **given)

    start_server(write_keys=KEYS, spool_root=tmp_path, **given)


def test_what_is_told_as_it_should_be_starts() -> None:
    start_server(write_keys=KEYS)
    start_function(write_keys=KEYS)
