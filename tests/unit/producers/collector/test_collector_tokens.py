"""Tokens: whose are taken, and what is done where that cannot be known."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import ConfigurationError, TransientError
from producers.collector.access import Access
from producers.collector.http import Response
from producers.collector.key_sets import fetcher
from producers.collector.tokens import JwksTokens
from tests.factories import FakeClock
from tests.support.collector_world import WEB, CollectorWorld, header

pytestmark = pytest.mark.unit

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


def test_no_token_is_refused_for_good_while_its_key_could_not_be_asked_for() -> None:
    keys, clock = Keys(("1", SIGNER)), FakeClock()
    tokens = checker(keys, clock)
    keys.published, keys.breaks = jwks(("2", OTHER)), True
    clock.pass_seconds(61)

    for seconds in (0, 3):
        clock.pass_seconds(seconds)
        with pytest.raises(TransientError):
            problem(tokens, token(OTHER, kid="2"))
    assert keys.asked == 2
    keys.breaks = False
    clock.pass_seconds(3)

    assert problem(tokens, token(OTHER, kid="2")) == ""
    assert keys.asked == 3


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
