"""Where the keys of tokens come from: a file, or the issuer's https address."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

from contract.errors import ConfigurationError

_SECONDS = 5.0
_MAX_BYTES = 1_000_000


def fetcher(source: str) -> Callable[[], Mapping[str, Any]]:
    """What brings the keys of `source`, each time anew.

    It raises OSError where they cannot be had, ValueError where they are no JSON object. An address without TLS is a
    `ConfigurationError`: who stands between could put keys of his own there.
    """
    if source.startswith("https://"):
        return lambda: _object(_downloaded(source))
    if "://" in source:
        raise ConfigurationError(f"jwks {source}: give a file, or an https address")
    return lambda: _object(Path(source).read_bytes())


def _downloaded(address: str) -> bytes:
    asked = Request(address, headers={"accept": "application/json"})  # noqa: S310 - https alone, see above
    try:
        with build_opener(_OverTls).open(asked, timeout=_SECONDS) as answer:
            found: bytes = answer.read(_MAX_BYTES + 1)
    except HTTPException as error:
        raise OSError(f"the answer is no HTTP: {error!r}") from error
    if len(found) > _MAX_BYTES:
        raise ValueError("more than a set of keys")
    return found


class _OverTls(HTTPRedirectHandler):
    """Follows an issuer that sends on, unless it sends to where anyone could answer."""

    def redirect_request(self, *request_and_answer: Any) -> Request | None:
        address: str = request_and_answer[-1]
        if not address.startswith("https://"):
            raise OSError(f"the issuer sends on to {address}, without TLS")
        return super().redirect_request(*request_and_answer)


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("no set of keys is so deep") from error
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - the text is wrong, not a type of ours
    return found
