"""Bearer tokens: signed by a known key, for us, and not over yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwt

from contract.errors import ConfigurationError, TransientError

ALGORITHMS = ("RS256", "ES256", "EdDSA", "PS256")
"""Of public keys alone: with a shared secret whoever can check a token could make one."""

FETCH_EVERY = 60.0
"""Seconds. A token of an unknown key has the keys fetched again, but no oftener than this."""

FETCH_AGAIN = 5.0
"""Seconds, where they could not be had."""

_SKEW = 30  # seconds that the issuer's clock may differ


class JwksTokens:
    """Checks tokens by keys in the form of RFC 7517, which `fetch` brings: at the start, and when they changed."""

    def __init__(
        self, fetch: Callable[[], Mapping[str, Any]], *, issuer: str, audience: str, monotonic: Callable[[], float]
    ) -> None:
        """Issuer and audience are asked of every token. Raises `ConfigurationError` for keys that are none."""
        if not issuer or not audience:
            raise ConfigurationError("tokens: say whose (jwt_issuer) and for whom (jwt_audience)")
        self._fetch = fetch
        self._issuer = issuer
        self._audience = audience
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._keys = _keys_of(fetch())
        self._next_fetch = monotonic() + FETCH_EVERY
        self._unknown: Exception | None = None
        """Why the keys could not be had the last time."""

    async def problem(self, token: bytes) -> str:
        try:
            name = jwt.get_unverified_header(token).get("kid", "")
        except jwt.PyJWTError:
            return "the token cannot be read"
        if name not in self._keys:
            await self._fetch_again()
        key = self._keys.get(name)
        if key is None:
            return "the token is signed by an unknown key"
        try:
            jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=_SKEW,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            return f"the token is refused: {type(error).__name__.removesuffix('Error')}"
        return ""

    async def _fetch_again(self) -> None:
        async with self._lock:
            if self._monotonic() >= self._next_fetch:
                await self._fetch_now()
        if self._unknown is not None:
            raise TransientError("the keys of tokens cannot be had at the moment") from self._unknown

    async def _fetch_now(self) -> None:
        try:
            self._keys = _keys_of(await asyncio.to_thread(self._fetch))
            self._unknown = None
        except (ConfigurationError, OSError, ValueError) as error:
            self._unknown = error
        self._next_fetch = self._monotonic() + (FETCH_EVERY if self._unknown is None else FETCH_AGAIN)


def _keys_of(found: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """By name. A key without one, or of a kind that is not taken, is left out."""
    usable: Sequence[jwt.PyJWK] = ()
    try:
        usable = jwt.PyJWKSet.from_dict(dict(found)).keys
    except jwt.PyJWTError as error:
        raise ConfigurationError(f"the keys of tokens are none: {error}") from error
    keys = {key.key_id: key for key in usable if key.key_id and key.algorithm_name in ALGORITHMS}
    if not keys:
        raise ConfigurationError(f"no key of tokens has a name and one of {', '.join(ALGORITHMS)}")
    return keys
