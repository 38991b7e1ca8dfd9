"""A setting works where it is given, or stops the start: none is passed over in silence."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import ConfigurationError
from contract.write_keys import WriteKey
from infra.collector_config import CollectorConfig
from producers.collector.app import Rules
from producers.collector.on_lambda import Deadline, FunctionSettings, app_of
from producers.collector.problems import Problem
from producers.collector.settings import ServerSettings, Settings, load_settings, rules_of
from producers.collector.worker import Worker
from producers.sdk.memory import MemoryStream
from tests.factories import FakeClock
from tests.support.collector_world import KEY, WEB

pytestmark = pytest.mark.unit

KEYS = json.dumps([{"name": WEB.name, "sha256": WEB.sha256}])


def start_server(**told: Any) -> ServerSettings:
    """As far as a container goes before its workers begin; what they are told."""
    environ = {f"COLLECTOR_{name.upper()}": str(value) for name, value in {"stream": "s", **told}.items()}
    settings = load_settings(ServerSettings, environ)
    Worker(settings, stream=MemoryStream, clock=FakeClock()).check()
    return settings


def start_function(**told: Any) -> FunctionSettings:
    environ = {f"COLLECTOR_{name.upper()}": str(value) for name, value in {"stream": "s", **told}.items()}
    settings, clock = load_settings(FunctionSettings, environ), FakeClock()
    app_of(settings, stream=MemoryStream(), clock=clock, deadline=Deadline(clock))
    return settings


def rules(settings: Settings) -> Rules:
    return rules_of(settings, monotonic=FakeClock().monotonic)


def is_let_in(settings: Settings, page: str) -> bool:
    """Whether a browser may send from this page."""
    try:
        answer = rules(settings).origins.preflight(page.encode())
    except Problem:
        return False
    return (b"access-control-allow-origin", page.encode()) in answer.headers


def key_set(folder: Path) -> Path:
    """A file of one key."""
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "1", "x": x}]}))
    return path


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


@pytest.mark.parametrize(("given", "told"), [("trusted_proxies", "HTTP API says"), ("anyone", "write_keys")])
def test_a_function_is_told_nothing_that_its_http_api_has_settled(given: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{given}: .*{told}"):
        start_function(write_keys=KEYS, **{given: 1})


@pytest.mark.parametrize("given", [{"write_keys": KEYS}, {"jwks": True}])
def test_that_anyone_may_send_who_is_asked_for_a_key_or_a_token_cannot_be_meant(
    given: dict[str, object], tmp_path: Path
) -> None:
    if "jwks" in given:
        given = {"jwks": key_set(tmp_path), "jwt_issuer": "https://id.example", "jwt_audience": "events"}
    start_server(**given)

    with pytest.raises(ConfigurationError, match=r"^anyone: "):
        start_server(anyone=True, **given)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("trusted_proxies", -1),  # the address would be what the client says
        ("retry_after", -1),
        ("name", ""),
        ("name", "n" * 52),
        ("name", "my shop"),
        ("stream", ""),
        ("port", 65_536),
        ("workers", 0),
        ("producer_bytes", 1_000),
        ("held_bytes", 1_000_000),  # the largest body would never be taken
        ("body_seconds", 0),
        ("answer_seconds", 0),
        ("answer_seconds", "nan"),
        ("drain_seconds", -1),
        ("close_seconds", -1),
    ],
)
def test_a_value_with_which_no_worker_could_take_events_stops_the_start(setting: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=setting):
        start_server(**{"write_keys": KEYS, setting: value})


@pytest.mark.parametrize(("setting", "value"), [("answer_seconds", 0), ("name", "my shop"), ("retry_after", -1)])
def test_a_value_with_which_a_function_could_take_no_event_stops_its_start(setting: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=setting):
        start_function(**{"write_keys": KEYS, setting: value})


NO_ORIGINS = (
    "shop.example",
    "https://shop.example/",
    "https://shop.example/page",
    "https://Shop.example",
    "https://a.example https://b.example",
    "https://",
    "null",
)


@pytest.mark.parametrize("origin", NO_ORIGINS)
def test_an_origin_as_no_browser_says_it_stops_the_start_and_the_deployment(origin: str) -> None:
    with pytest.raises(ConfigurationError, match="origins"):
        start_server(write_keys=KEYS, origins=f"https://shop.example, {origin}")
    with pytest.raises(ConfigurationError, match="origins"):
        start_function(write_keys=KEYS, origins=origin)
    with pytest.raises(ValueError, match="origins"):
        CollectorConfig(origins=origin)


PAGES = ("https://shop.example", "http://localhost:3000", "http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("origins", "let_in"),
    [
        ("*", PAGES),
        ("", ()),
        ("https://shop.example,http://localhost:3000", PAGES[:2]),
        ("http://127.0.0.1:8000", PAGES[2:]),
    ],
)
def test_what_the_deployment_takes_for_an_origin_the_collector_takes(origins: str, let_in: Sequence[str]) -> None:
    assert CollectorConfig(origins=origins).origins == origins
    for settings in (start_server(write_keys=KEYS, origins=origins), start_function(write_keys=KEYS, origins=origins)):
        assert [page for page in PAGES if is_let_in(settings, page)] == list(let_in)


def test_an_apps_own_pages_and_addresses_of_version_6_are_origins() -> None:
    settings = start_server(write_keys=KEYS, origins="capacitor://localhost, http://[::1]:3000")

    pages = ("capacitor://localhost", "http://[::1]:3000", "http://[::1]", "https://localhost")
    assert [page for page in pages if is_let_in(settings, page)] == ["capacitor://localhost", "http://[::1]:3000"]


@pytest.mark.parametrize(
    "key",
    [
        {"sha256": WEB.sha256},
        {"name": "my shop", "sha256": WEB.sha256},
        {"name": "web", "sha256": WEB.sha256, "key": "secret"},
        {"name": "web", "sha256": WEB.sha256.upper()},
        {"name": "web", "sha256": WEB.sha256, "burst": 5},
        {"name": "web", "sha256": WEB.sha256, "events_per_second": -1},
        {"name": "web", "sha256": WEB.sha256, "app_id": "a b"},
    ],
)
def test_a_write_key_that_stops_the_start_stops_the_deployment(key: dict[str, object]) -> None:
    for keys in ([key], [{"name": "shop", "sha256": "0a" * 32}, key]):
        with pytest.raises(ConfigurationError, match="write keys"):
            start_function(write_keys=json.dumps(keys))
        with pytest.raises(ValueError, match="write_keys"):
            CollectorConfig(write_keys=json.dumps(keys))


@pytest.mark.parametrize(
    "keys",
    [
        [{"name": "web", "sha256": "0a" * 32}, {"name": "web", "sha256": "0b" * 32}],
        [{"name": "web", "sha256": "0a" * 32}, {"name": "app", "sha256": "0a" * 32}],
        [{"name": f"n{number}", "sha256": f"{number:064x}"} for number in range(101)],
    ],
)
def test_write_keys_of_which_one_is_too_many_stop_both(keys: list[dict[str, object]]) -> None:
    with pytest.raises(ConfigurationError, match="write keys"):
        start_function(write_keys=json.dumps(keys))
    with pytest.raises(ValueError, match="write_keys"):
        CollectorConfig(write_keys=json.dumps(keys))

    CollectorConfig(write_keys=json.dumps(keys[1:]))


def test_a_write_key_with_all_that_it_can_have_stops_neither() -> None:
    keys = json.dumps(
        [{"name": "a.B_-1", "sha256": WEB.sha256, "app_id": "shop", "events_per_second": 0.5, "burst": 9}]
    )

    whole = WriteKey(name="a.B_-1", sha256=WEB.sha256, app_id="shop", events_per_second=0.5, burst=9)
    assert rules(start_function(write_keys=keys)).access.key_of(KEY) == whole
    assert CollectorConfig(write_keys=keys).write_keys == keys


def test_what_is_told_as_it_should_be_starts() -> None:
    server, function = start_server(write_keys=KEYS), start_function(write_keys=KEYS)

    assert server == ServerSettings(stream="s", write_keys=KEYS)
    assert function == FunctionSettings(stream="s", write_keys=KEYS)
    assert [rules(settings).access.key_of(KEY) for settings in (server, function)] == [WEB, WEB]
