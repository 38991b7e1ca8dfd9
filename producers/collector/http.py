"""What a server hands to the collector, and what it gets back: HTTP without a framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from msgspec import Struct


class Request(Struct, frozen=True, kw_only=True):
    """A whole request. Header names are lower case; `query` is what stands behind the question mark, as it came."""

    method: str
    path: str
    headers: Mapping[bytes, bytes]
    query: bytes = b""
    body: bytes = b""
    client_ip: str = ""

    @classmethod
    def of_text(
        cls,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: str = "",
        body: bytes = b"",
        client_ip: str = "",
    ) -> Self:
        """Of a gateway that hands over text; header names in any case."""
        named = {name.lower().encode("latin-1"): value.encode("latin-1", "replace") for name, value in headers.items()}
        return cls(method=method, path=path, headers=named, query=query.encode(), body=body, client_ip=client_ip)


class Response(Struct, frozen=True):
    """Header names are lower case. Content-Length is the server's affair."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()
