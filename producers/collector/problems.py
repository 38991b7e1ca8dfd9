"""Answers that say why nothing was taken: problem JSON (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from producers.collector.http import Response

_TYPE = (b"content-type", b"application/problem+json")


class Problem(Exception):
    """A request of which nothing was taken, and why. `retry_after` is in seconds, where trying again helps."""

    def __init__(
        self, status: int, detail: str, *, retry_after: int = 0, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = [*headers, (b"retry-after", b"%d" % retry_after)] if retry_after else [*headers]


def problem_response(problem: Problem) -> Response:
    """The answer, with the problem's headers."""
    title = HTTPStatus(problem.status).phrase
    body = {"type": "about:blank", "title": title, "status": problem.status, "detail": problem.detail}
    return Response(problem.status, msgspec.json.encode(body), [_TYPE, *problem.headers])
