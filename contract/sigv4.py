"""Signature Version 4 of one POST to one address, without the tenth of a millisecond that a general signer takes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Keys(Protocol):
    """Credentials at one moment; `token` where they are temporary."""

    @property
    def access_key(self) -> str: ...

    @property
    def secret_key(self) -> str: ...

    @property
    def token(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """`path` is the path of the request, as it is sent; the request has no query."""

    host: str
    path: str
    region: str
    service: str
    content_type: str = "application/json"

    @classmethod
    def of_url(cls, url: str, *, region: str, service: str, content_type: str = "application/json") -> Signer:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower()
        return cls(
            host=host.removesuffix(f":{_DEFAULT_PORTS.get(parts.scheme)}"),
            path=parts.path or "/",
            region=region,
            service=service,
            content_type=content_type,
        )

    def headers(
        self, body: bytes, *, keys: Keys, at: datetime, more: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """All headers of a POST at that time, the signature among them.

        `more` are signed too: names in small letters, values without spaces at their ends or double ones within.
        """
        time = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {"content-type": self.content_type, "host": self.host, "x-amz-date": time}
        if keys.token:
            signed["x-amz-security-token"] = keys.token
        if more:
            signed = dict(sorted({**signed, **more}.items()))
        scope = f"{time[:8]}/{self.region}/{self.service}/aws4_request"
        request = hashlib.sha256(self._canonical(signed, body).encode()).hexdigest()
        key = _signing_key(keys.secret_key, time[:8], self.region, self.service)
        signature = hmac.digest(key, f"{_ALGORITHM}\n{time}\n{scope}\n{request}".encode(), "sha256").hex()
        names = ";".join(signed)
        credential = f"Credential={keys.access_key}/{scope}"
        return {**signed, "authorization": f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"}

    def _canonical(self, signed: Mapping[str, str], body: bytes) -> str:
        """`signed` in the order of the alphabet."""
        lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
        path = quote(self.path, safe="/~")
        return f"POST\n{path}\n\n{lines}\n{';'.join(signed)}\n{hashlib.sha256(body).hexdigest()}"


@lru_cache(maxsize=2)  # a day's key; around midnight, or when credentials change, the one before as well
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
