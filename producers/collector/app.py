"""A request in, a response out: what each address does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contract.errors import TransientError
from contract.events import EARLIEST
from contract.write_keys import WriteKey
from producers.collector import metrics, pixel
from producers.collector.access import Access
from producers.collector.bodies import events_in, unpacked
from producers.collector.core import Facts, Sorted, sort_events
from producers.collector.enrichment import Enrichment
from producers.collector.http import Request, Response
from producers.collector.intake import Intake
from producers.collector.moments import Moments
from producers.collector.origins import Origins
from producers.collector.problems import Problem, problem_response

Answer = Callable[[Request], Awaitable[Response]]

_JSON = (b"content-type", b"application/json")
_PLAIN = (b"content-type", b"text/plain; charset=utf-8")
_NOT_STORED = (b"cache-control", b"no-store")
# A page's last words (navigator.sendBeacon) come as text/plain: anything else would be asked for by a preflight.
_TAKEN_TYPES = frozenset({b"application/json", b"text/plain", b""})
_encode = msgspec.json.Encoder().encode


class World(Struct, frozen=True, kw_only=True):
    """What the collector needs of the world. `entropy` brings so many random bytes."""

    intake: Intake
    now: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    openapi: bytes


class Rules(Struct, frozen=True, kw_only=True):
    """What the collector was told. `retry_after`: seconds that a client is asked to wait under pressure."""

    access: Access
    origins: Origins
    enrichment: Enrichment = Enrichment()
    earliest: datetime = EARLIEST
    retry_after: int = 2


class App:
    """The collector, whatever serves it."""

    def __init__(self, world: World, rules: Rules) -> None:
        self._world = world
        self._rules = rules
        self._moments = Moments(world.now, rules.earliest)
        self.metrics = metrics.Metrics()
        self._routes: Mapping[str, Mapping[str, Answer]] = {
            "/v1/events": {"POST": self._events, "OPTIONS": self._preflight},
            "/v1/pixel": {"GET": self._pixel},
            "/health": {"GET": self._health},
            "/ready": {"GET": self._ready},
            "/metrics": {"GET": self._metrics},
            "/openapi.json": {"GET": self._openapi},
        }

    async def respond(self, request: Request) -> Response:
        """The answer to any request; never raises for what a client did, or for a stream that is busy."""
        route = self._routes.get(request.path)
        answer = route.get(request.method) if route else None
        try:
            response = await (answer or _unknown(route))(request)
        except Problem as problem:
            response = problem_response(problem)
        self.metrics.answers[request.path if route else "other", response.status] += 1
        return response

    async def _events(self, request: Request) -> Response:
        allowing = self._rules.origins.headers(request.headers.get(b"origin"))
        access = self._rules.access
        try:
            key = self._key_of(request)
            if access.asks_for_tokens:
                await access.check_token(request)
            access.check_rate(key)
            taken = await self._take(request, key, self._lines(request, key))
        except Problem as problem:
            problem.headers += allowing  # or the page could not read why
            raise
        return Response(202, _result(taken), [_JSON, *allowing])

    def _key_of(self, request: Request) -> WriteKey:
        presented = request.headers.get(b"x-write-key")
        if not presented:  # a page's last words can bear no header
            presented = pixel.key_of_query(request.query) if request.query else None
        return self._rules.access.key_of(presented)

    def _lines(self, request: Request, key: WriteKey) -> list[bytes]:
        headers, body = request.headers, request.body
        kind = headers.get(b"content-type", b"")
        if kind not in _TAKEN_TYPES and kind.partition(b";")[0].strip().lower() not in _TAKEN_TYPES:
            raise Problem(415, "Content-Type: send application/json, or text/plain with JSON in it")
        self.metrics.body_bytes += len(body)
        try:
            return events_in(unpacked(body, headers.get(b"content-encoding", b"")))
        except Problem:
            self._rules.access.count(key, 1)
            raise

    async def _take(self, request: Request, key: WriteKey, lines: list[bytes]) -> Sorted:
        self._rules.access.count(key, len(lines))
        taken = sort_events(lines, self._facts(request, key))
        try:
            await self._world.intake.accept(taken.stamped, taken.foreign)
        except TransientError as error:
            # What went wrong is in the producer's log: a stranger need not know.
            why = "the events cannot be kept at the moment; send them again"
            raise Problem(503, why, retry_after=self._rules.retry_after) from error
        self.metrics.accepted[key.name] += len(taken.stamped)
        for rejected in taken.rejected:
            self.metrics.rejected[rejected.reason] += 1
        return taken

    def _facts(self, request: Request, key: WriteKey) -> Facts:
        facts = self._moments.facts()
        enrich = self._rules.enrichment.of_request(request.client_ip, request.headers.get(b"user-agent", b""))
        if not key.app_id and enrich is None:
            return facts
        return replace(facts, app_id=key.app_id, enrich=enrich)

    async def _preflight(self, request: Request) -> Response:
        return self._rules.origins.preflight(request.headers.get(b"origin"))

    async def _pixel(self, request: Request) -> Response:
        now, entropy = self._world.now(), self._world.entropy
        line = pixel.event_of_query(request.query, now=now, entropy=entropy)
        access = self._rules.access
        try:
            key = access.key_of_image(pixel.key_of_query(request.query))
            access.check_rate(key)
            taken = await self._take(request, key, [line])
        except Problem as problem:
            return Response(problem.status, pixel.GIF, [*_PICTURE, *problem.headers])
        facts = [(b"x-accepted", b"%d" % len(taken.stamped)), (b"x-rejected", b"%d" % len(taken.rejected))]
        facts += [(b"x-reason", f"{r.reason} ({r.rule})".encode()) for r in taken.rejected]
        return Response(200, pixel.GIF, [*_PICTURE, *facts])

    async def _health(self, _: Request) -> Response:
        return Response(200, b"alive\n", [_PLAIN])

    async def _ready(self, _: Request) -> Response:
        if why := self._world.intake.trouble():
            raise Problem(503, why, retry_after=self._rules.retry_after)
        return Response(200, b"ready\n", [_PLAIN])

    async def _metrics(self, _: Request) -> Response:
        return Response(200, (self.metrics.text() + self._world.intake.metrics()).encode(), [metrics.CONTENT_TYPE])

    async def _openapi(self, _: Request) -> Response:
        return Response(200, self._world.openapi, [_JSON])


_PICTURE = ((b"content-type", b"image/gif"), _NOT_STORED)


def _unknown(route: Mapping[str, Answer] | None) -> Answer:
    async def refuse(_: Request) -> Response:
        if route is None:
            raise Problem(404, "there is nothing at this address")
        raise Problem(405, "not with this method", headers=[(b"allow", ", ".join(route).encode())])

    return refuse


def _result(taken: Sorted) -> bytes:
    if not taken.rejected:
        return b'{"accepted":%d,"rejected":0,"results":[]}' % len(taken.stamped)
    return _encode({"accepted": len(taken.stamped), "rejected": len(taken.rejected), "results": taken.rejected})
