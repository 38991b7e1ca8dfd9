"""Who may send, from where, and what is told of them."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import ConfigurationError, TransientError
from producers.collector.access import Access
from producers.collector.asgi import client_ip
from producers.collector.enrichment import Device, truncated
from producers.collector.http import Response
from producers.collector.key_sets import fetcher
from producers.collector.problems import Problem
from producers.collector.rates import Bucket
from producers.collector.settings import ServerSettings, Settings, load_settings, rules_of
from producers.collector.tokens import JwksTokens
from producers.collector.user_agents import device_of
from producers.collector.write_keys import WriteKeys, parse_write_keys
from tests.factories import FakeClock
from tests.support.collector_world import KEY, WEB, CollectorWorld, header

pytestmark = pytest.mark.unit

HASH = WEB.sha256
SIGNER = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
FAR = 4_000_000_000
CLAIMS = {"iss": "https://id.example", "aud": "events", "exp": FAR}


def jwks(*signers: tuple[str, Ed25519PrivateKey]) -> dict[str, Any]:
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "kid": name,
                "x": base64.urlsafe_b64encode(signer.public_key().public_bytes_raw()).rstrip(b"=").decode(),
            }
            for name, signer in signers
        ]
    }


class Keys:
    """What an issuer publishes; counts how often it is asked."""

    def __init__(self, *signers: tuple[str, Ed25519PrivateKey]) -> None:
        self.published: Mapping[str, Any] = jwks(*signers)
        self.asked = 0
        self.breaks = False

    def __call__(self) -> Mapping[str, Any]:
        self.asked += 1
        if self.breaks:
            raise OSError("no such host")
        return self.published


def token(signer: Any = SIGNER, *, kid: str = "1", alg: str = "EdDSA", **claims: Any) -> bytes:
    kept = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return jwt.encode(kept, signer, algorithm=alg, headers={"kid": kid}).encode()


def checker(keys: Keys, clock: FakeClock | None = None) -> JwksTokens:
    clock = clock or FakeClock()
    return JwksTokens(keys, issuer="https://id.example", audience="events", monotonic=clock.monotonic)


def problem(tokens: JwksTokens, said: bytes) -> str:
    return asyncio.run(tokens.problem(said))


def test_a_token_that_its_issuer_signed_for_us_is_good() -> None:
    assert problem(checker(Keys(("1", SIGNER))), token()) == ""


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"nonsense", "the token cannot be read"),
        (b"\xff\xfe", "the token cannot be read"),
        (token(OTHER), "the token is refused: InvalidSignature"),
        (token(aud="others"), "the token is refused: InvalidAudience"),
        (token(iss="https://evil.example"), "the token is refused: InvalidIssuer"),
        (token(exp=1_000_000_000), "the token is refused: ExpiredSignature"),
        (token(exp=None), "the token is refused: MissingRequiredClaim"),
        (token(kid="2"), "the token is signed by an unknown key"),
        (token("k" * 32, alg="HS256"), "the token is refused: InvalidAlgorithm"),
        (token(None, alg="none"), "the token is refused: InvalidAlgorithm"),
    ],
)
def test_any_other_token_is_refused(said: bytes, why: str) -> None:
    assert problem(checker(Keys(("1", SIGNER))), said) == why


@pytest.mark.parametrize(("ago", "why"), [(15, ""), (45, "the token is refused: ExpiredSignature")])
def test_an_issuers_clock_may_differ_by_half_a_minute(ago: int, why: str) -> None:
    assert problem(checker(Keys(("1", SIGNER))), token(exp=int(time.time()) - ago)) == why


def test_without_keys_of_tokens_a_client_is_asked_to_come_again() -> None:
    keys, clock = Keys(("1", SIGNER)), FakeClock()
    world = CollectorWorld(access=Access([WEB], monotonic=clock.monotonic, tokens=checker(keys, clock)))
    keys.breaks = True
    clock.pass_seconds(61)

    answer = world.post(b"[]", authorization=b"Bearer " + token(kid="2"))

    assert (answer.status, header(answer, b"retry-after")) == (503, b"5")


@pytest.mark.parametrize(("issuer", "audience"), [("", "events"), ("https://id.example", "")])
def test_tokens_of_anyone_or_for_anyone_are_not_taken(issuer: str, audience: str) -> None:
    with pytest.raises(ConfigurationError, match="jwt_issuer"):
        JwksTokens(Keys(("1", SIGNER)), issuer=issuer, audience=audience, monotonic=FakeClock().monotonic)


def test_new_keys_are_fetched_when_they_are_needed_but_not_for_each_token() -> None:
    keys, clock = Keys(("1", SIGNER)), FakeClock()
    tokens = checker(keys, clock)
    keys.published = jwks(("2", OTHER))

    assert problem(tokens, token(OTHER, kid="2")) == "the token is signed by an unknown key"
    clock.pass_seconds(61)
    assert [problem(tokens, token(OTHER, kid=kid)) for kid in ("2", "3", "4")] == [
        "",
        "the token is signed by an unknown key",
        "the token is signed by an unknown key",
    ]
    assert keys.asked == 2
    keys.breaks = True
    clock.pass_seconds(61)
    with pytest.raises(TransientError):
        problem(tokens, token(kid="5"))
    assert problem(tokens, token(OTHER, kid="2")) == ""


@pytest.mark.parametrize("published", [{}, {"keys": []}, {"keys": [{"kty": "oct", "k": "AAAA", "kid": "1"}]}])
def test_without_a_usable_key_nothing_starts(published: dict[str, Any]) -> None:
    keys = Keys()
    keys.published = published

    with pytest.raises(ConfigurationError):
        checker(keys)


def test_a_token_is_asked_for_besides_the_key_and_images_cannot_have_one() -> None:
    tokens = checker(Keys(("1", SIGNER)))
    both = CollectorWorld(access=Access([WEB], monotonic=FakeClock().monotonic, tokens=tokens))
    only = CollectorWorld(access=Access([], monotonic=FakeClock().monotonic, tokens=tokens))

    def statuses(world: CollectorWorld) -> list[int]:
        said = (b"", b"Basic x", b"Bearer nonsense", b"bearer " + token())
        return [world.post(b"[]", authorization=authorization).status for authorization in said]

    assert statuses(both) == statuses(only) == [401, 401, 401, 202]
    assert both.post(b"[]", x_write_key=b"wrong", authorization=b"Bearer " + token()).status == 401
    assert [pixel(world).status for world in (both, only)] == [200, 401]
    assert header(both.post(b"[]"), b"www-authenticate") == b"Bearer"


def pixel(world: CollectorWorld) -> Response:
    return world.ask("GET", "/v1/pixel", query=b"k=open+sesame&event_type=a&user_id=u")


def test_keys_of_tokens_come_from_a_file_or_over_tls(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(jwks(("1", SIGNER))))

    assert fetcher(str(path))() == jwks(("1", SIGNER))
    with pytest.raises(ConfigurationError, match="https"):
        fetcher("http://id.example/jwks.json")
    path.write_text("[]")
    with pytest.raises(ValueError, match="no JSON object"):
        fetcher(str(path))()


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
