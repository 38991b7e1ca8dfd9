"""Who may send how much: write keys, tokens, rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from contract.errors import ConfigurationError, TransientError
from contract.write_keys import WriteKey
from producers.collector.http import Request
from producers.collector.problems import Problem
from producers.collector.rates import Bucket
from producers.collector.write_keys import WriteKeys

ANYONE = WriteKey(name="anyone", sha256="0" * 64)
_BEARER = b"bearer "


class Tokens(Protocol):
    """What the collector asks of a checker of tokens."""

    async def problem(self, token: bytes) -> str:
        """Why this token is not good; empty where it is. Raises `TransientError` where that cannot be known now."""
        ...


class Access:
    """Asks everything that is configured: a write key where there are any, a token where tokens are checked."""

    def __init__(
        self,
        keys: Sequence[WriteKey],
        *,
        monotonic: Callable[[], float],
        tokens: Tokens | None = None,
        anyone: bool = False,
        share: float = 1.0,
    ) -> None:
        """`share`: this process's part of each rate. Raises `ConfigurationError` where anyone could send unasked."""
        if not keys and tokens is None and not anyone:
            raise ConfigurationError("nobody may send: set write keys or tokens, or say that anyone may")
        self._keys = WriteKeys(keys)
        self._tokens = tokens
        self.asks_for_tokens = tokens is not None
        self._monotonic = monotonic
        now = monotonic()
        self._buckets = {
            key.name: Bucket(key.events_per_second * share, key.burst * share, now)
            for key in keys
            if key.events_per_second
        }

    def key_of(self, presented: bytes | None) -> WriteKey:
        """The write key that was presented. Raises `Problem` (401)."""
        if not len(self._keys):
            return ANYONE
        if presented is None:
            raise Problem(401, "send your write key", headers=[(b"www-authenticate", b"Write-Key")])
        found = self._keys.find(presented)
        if found is None:
            raise Problem(401, "there is no such write key", headers=[(b"www-authenticate", b"Write-Key")])
        return found

    def key_of_image(self, presented: bytes | None) -> WriteKey:
        """As `key_of`, for who cannot send a token: where tokens alone are asked for, that is nobody."""
        if not len(self._keys) and self._tokens is not None:
            raise Problem(401, "images cannot bear tokens", headers=[(b"www-authenticate", b"Bearer")])
        return self.key_of(presented)

    async def check_token(self, request: Request) -> None:
        """Raises `Problem` (401) unless the request bears a good token, where `asks_for_tokens`."""
        if self._tokens is None:
            return
        said = request.headers.get(b"authorization", b"")
        if said[: len(_BEARER)].lower() != _BEARER:
            raise Problem(401, "send a bearer token", headers=[(b"www-authenticate", b"Bearer")])
        try:
            why = await self._tokens.problem(said[len(_BEARER) :].strip())
        except TransientError as error:
            raise Problem(503, str(error), retry_after=5) from error
        if why:
            refused = (b"www-authenticate", b'Bearer error="invalid_token"')
            raise Problem(401, why, headers=[refused])

    def check_rate(self, key: WriteKey) -> None:
        """Raises `Problem` (429) while the key has sent more than it may."""
        bucket = self._buckets.get(key.name)
        if bucket is not None and (seconds := bucket.wait(self._monotonic())):
            raise Problem(429, "this write key has sent more events than it may", retry_after=seconds)

    def count(self, key: WriteKey, events: int) -> None:
        """So many events came; a request without any counts as one."""
        bucket = self._buckets.get(key.name)
        if bucket is not None:
            bucket.take(max(1, events))
