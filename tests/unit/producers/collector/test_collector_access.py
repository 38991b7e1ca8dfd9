"""Who may send, from where, and what is told of them."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import timedelta

import pytest

from contract.errors import ConfigurationError
from contract.write_keys import parse_write_keys
from producers.collector.asgi import client_ip
from producers.collector.enrichment import Device, truncated
from producers.collector.problems import Problem
from producers.collector.rates import Bucket
from producers.collector.settings import ServerSettings, Settings, load_settings, rules_of
from producers.collector.user_agents import device_of
from producers.collector.write_keys import WriteKeys
from tests.factories import FakeClock
from tests.support.collector_world import KEY, WEB

pytestmark = pytest.mark.unit

HASH = WEB.sha256


def test_a_write_key_is_found_among_many() -> None:
    keys = parse_write_keys(
        json.dumps([{"name": f"n{i}", "sha256": f"{i:064x}"} for i in range(99)] + [{"name": "web", "sha256": HASH}])
    )

    found = WriteKeys(keys)

    assert (found.find(KEY), found.find(KEY[:-1]), found.find(b"")) == (WEB, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[1]",
        '[{"name":"web"}]',
        '[{"name":"web","sha256":"open sesame"}]',
        f'[{{"name":"we b","sha256":"{HASH}"}}]',
        f'[{{"name":"web","sha256":"{HASH}","app_id":"a b"}}]',
        f'[{{"name":"web","sha256":"{HASH}","events_per_second":-1}}]',
        f'[{{"name":"web","sha256":"{HASH}","events_per_minute":1}}]',
        f'[{{"name":"web","sha256":"{HASH}","burst":100}}]',
        f'[{{"name":"a","sha256":"{HASH}"}},{{"name":"b","sha256":"{HASH}"}}]',
        json.dumps([{"name": f"n{i}", "sha256": f"{i:064x}"} for i in range(101)]),
    ],
)
def test_write_keys_that_cannot_be_meant_stop_the_start(text: str) -> None:
    with pytest.raises(ConfigurationError, match="write keys"):
        parse_write_keys(text)


def test_that_anyone_may_send_must_be_said() -> None:
    clock = FakeClock()
    with pytest.raises(ConfigurationError, match="nobody may send"):
        rules_of(Settings(), monotonic=clock.monotonic)

    assert rules_of(Settings(anyone=True), monotonic=clock.monotonic).retry_after == 2


@pytest.mark.parametrize(
    "settings",
    [
        Settings(anyone=True, parse_user_agent=True),
        Settings(anyone=True, jwks="keys.json"),
        load_settings(Settings, {"COLLECTOR_ANYONE": "true", "COLLECTOR_EARLIEST": "2020-01-01T00:00:00"}),
    ],
)
def test_settings_that_do_not_go_together_stop_the_start(settings: Settings) -> None:
    with pytest.raises(ConfigurationError):
        rules_of(settings, monotonic=FakeClock().monotonic)


@pytest.mark.parametrize(("workers", "seconds"), [(1, 0), (2, 3), (4, 15)])
def test_the_workers_share_what_a_key_may_send(workers: int, seconds: int) -> None:
    keys = json.dumps([{"name": "web", "sha256": HASH, "events_per_second": 10}])
    access = rules_of(Settings(write_keys=keys), monotonic=FakeClock().monotonic, workers=workers).access
    key = access.key_of(KEY)

    access.count(key, 60)

    with pytest.raises(Problem) if seconds else nullcontext() as refused:
        access.check_rate(key)
    assert refused is None or (b"retry-after", b"%d" % seconds) in refused.value.headers


def test_settings_come_from_the_environment() -> None:
    environ = {"COLLECTOR_STREAM": "clicks", "COLLECTOR_WORKERS": "4", "COLLECTOR_TRUNCATE_IP": "true", "PATH": "/"}

    assert load_settings(ServerSettings, environ) == ServerSettings(stream="clicks", workers=4, truncate_ip=True)
    for wrong in ({"COLLECTOR_WORKERS": "x"}, {"COLLECTOR_STRAEM": "clicks"}, {"COLLECTOR_TRUNCATE_IP": "perhaps"}):
        with pytest.raises(ConfigurationError):
            load_settings(ServerSettings, environ | wrong)
    with pytest.raises(ConfigurationError, match="stream"):
        load_settings(ServerSettings, {})


@pytest.mark.parametrize(
    ("ip", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("fe80::1%eth0", "fe80::"),
        ("not an address", ""),
        ("", ""),
        ("203.0.113.77:80", ""),
    ],
)
def test_an_address_loses_its_last_part(ip: str, kept: str) -> None:
    assert truncated(ip) == kept


@pytest.mark.parametrize(
    ("proxies", "said", "found"),
    [
        (0, b"1.1.1.1", "peer"),
        (1, b"6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, b"6.6.6.6, 1.1.1.1,2.2.2.2", "1.1.1.1"),
        (2, b"1.1.1.1", "peer"),
        (1, b"", "peer"),
    ],
)
def test_only_our_own_proxies_are_believed(proxies: int, said: bytes, found: str) -> None:
    headers = [(b"host", b"x")] + [(b"x-forwarded-for", part) for part in said.split(b",")]

    assert client_ip("peer", headers, proxies) == found


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148", Device("mobile", "ios")),
        ("Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) Version/16.6 Mobile/15E148", Device("tablet", "ios")),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130.0 Mobile Safari/537.36", Device("mobile", "android")),
        ("Mozilla/5.0 (Linux; Android 13; SM-X710) Chrome/130.0 Safari/537.36", Device("tablet", "android")),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0", Device("desktop", "windows")),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Device("bot", "")),
        ("curl/8.5", Device()),
        ("x" * 100_000, Device()),
    ],
)
def test_a_user_agent_tells_kind_and_platform(agent: str, device: Device) -> None:
    assert device_of(agent) == device


def test_a_bucket_never_holds_more_than_its_burst_and_forgives_a_clock_that_steps_back() -> None:
    bucket = Bucket(rate=10, burst=0, now=100.0)

    bucket.take(150)
    assert bucket.wait(50.0) == 6
    assert bucket.wait(100.0 + timedelta(days=1).total_seconds()) == 0
    bucket.take(101)
    assert bucket.wait(100.0 + timedelta(days=1).total_seconds()) == 1
