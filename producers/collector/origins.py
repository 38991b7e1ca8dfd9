"""Which web pages may send: cross-origin requests of configured origins (CORS)."""

from __future__ import annotations

from collections.abc import Sequence

from producers.collector.http import Response
from producers.collector.problems import Problem

Headers = list[tuple[bytes, bytes]]

_PREFLIGHT = (
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-allow-headers", b"content-type, content-encoding, x-write-key, authorization"),
    (b"access-control-max-age", b"7200"),
)


class Origins:
    """`allowed`: origins as browsers name them, `https://shop.example`; `*` for any."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._any = "*" in allowed
        self._headers = {origin.encode(): _allowing(origin.encode()) for origin in allowed}

    def headers(self, origin: bytes | None) -> Headers:
        """What an answer to this origin says; raises `Problem` for one that is not allowed.

        Without an Origin it is no page of another site that asks: a program, or an image.
        """
        if origin is None:
            return []
        if self._any:
            return _allowing(origin)
        found = self._headers.get(origin)
        if found is None:
            raise Problem(403, "pages of this origin may not send here", headers=[(b"vary", b"Origin")])
        return found

    def preflight(self, origin: bytes | None) -> Response:
        """The answer to a browser that asks before it sends."""
        return Response(204, b"", [*self.headers(origin), *_PREFLIGHT])


def _allowing(origin: bytes) -> Headers:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"retry-after"),
        (b"vary", b"Origin"),
    ]
