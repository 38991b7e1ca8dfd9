"""What each address answers."""

from __future__ import annotations

import gzip
import hashlib
import json

import pytest

from contract.codec import encode
from contract.write_keys import WriteKey
from producers.collector import pixel
from producers.collector.access import Access
from producers.collector.enrichment import Enrichment
from producers.collector.origins import Origins
from tests.factories import FakeClock, event
from tests.support.collector_world import KEY, SHOP, WEB, CollectorWorld, header, said

pytestmark = pytest.mark.unit

GOOD = encode(event(event_id="e")).rstrip()
TAKEN = {"accepted": 1, "rejected": 0, "results": []}
STAMPED = ("u-1", encode(event(event_id="e", received_at="2026-11-23T09:30:00.000Z")))
KEPT_AWAY = {
    "type": "about:blank",
    "title": "Service Unavailable",
    "status": 503,
    "detail": "the events cannot be kept at the moment; send them again",
}


def test_an_event_is_accepted_once_the_intake_has_it() -> None:
    world = CollectorWorld()

    assert said(world.post(GOOD)) == (202, TAKEN)
    assert said(world.post(gzip.compress(b"[%b]" % GOOD), content_encoding=b"gzip")) == (202, TAKEN)
    assert said(world.post(GOOD, content_type=b"text/plain; charset=utf-8")) == (202, TAKEN)
    assert world.intake.stamped == [STAMPED] * 3


def test_the_key_may_stand_in_the_address_for_who_can_send_no_header() -> None:
    world = CollectorWorld()

    def statuses(*queries: bytes) -> list[int]:
        return [world.ask("POST", "/v1/events", query=query, body=GOOD).status for query in queries]

    assert (
        statuses(b"k=open%20sesame", b"a=1&k=open+sesame", b"k=wrong", b"k=", b"k=%ff", b"a=1") == [202] * 2 + [401] * 4
    )


def test_a_bad_event_is_named_by_its_place_and_goes_to_the_quarantine() -> None:
    world = CollectorWorld()

    answer = world.post(b'{"events":[{"event_type":3},%b,[]]}' % GOOD)

    bad = [
        {"index": 0, "reason": "missing", "rule": "event_id.required"},
        {"index": 2, "reason": "not_json", "rule": "line.json"},
    ]
    assert said(answer) == (202, {"accepted": 1, "rejected": 2, "results": bad})
    assert world.intake.stamped == [STAMPED]
    assert [line for _, line in world.intake.foreign] == [b'{"event_type":3}\n', b"[]\n"]


def test_nothing_is_accepted_that_is_not_kept() -> None:
    world = CollectorWorld()
    world.intake.refuses = "the spool is full"

    answer = world.post(GOOD)

    assert said(answer) == (503, KEPT_AWAY)
    assert header(answer, b"retry-after") == b"2"
    assert world.app.metrics.accepted == {}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[", {}, 400),
        (b"{}", {"content_encoding": b"br"}, 415),
        (b"{}", {"content_type": b"application/xml"}, 415),
        (b"{}", {"x_write_key": b"wrong"}, 401),
        (b"{}", {"x_write_key": b""}, 401),
        (b"{}", {"x_write_key": b"\xff\x00"}, 401),
        (b"{}", {"origin": b"https://evil.example"}, 403),
        (bytes(1_000_001), {}, 413),
    ],
)
def test_a_request_that_is_refused_says_why_in_problem_json(
    body: bytes, headers: dict[str, bytes], status: int
) -> None:
    world = CollectorWorld()

    answer = world.post(body, **headers)

    assert (answer.status, header(answer, b"content-type")) == (status, b"application/problem+json")
    assert json.loads(answer.body).keys() == {"type", "title", "status", "detail"}
    assert (world.intake.stamped, world.intake.foreign) == ([], [])


def test_a_configured_page_may_send_and_read_the_answer_even_a_refusal() -> None:
    world = CollectorWorld()
    asked = world.ask("OPTIONS", "/v1/events", headers={b"origin": SHOP.encode()})

    assert asked.status == 204
    assert dict(asked.headers) == {
        b"access-control-allow-origin": SHOP.encode(),
        b"access-control-expose-headers": b"retry-after",
        b"vary": b"Origin",
        b"access-control-allow-methods": b"POST, GET, OPTIONS",
        b"access-control-allow-headers": b"content-type, content-encoding, x-write-key, authorization",
        b"access-control-max-age": b"7200",
    }
    for answer in (world.post(GOOD, origin=SHOP.encode()), world.post(b"[", origin=SHOP.encode())):
        assert header(answer, b"access-control-allow-origin") == SHOP.encode()


def test_other_pages_may_not_unless_any_may() -> None:
    evil = {b"origin": b"https://evil.example"}

    refused = CollectorWorld().ask("OPTIONS", "/v1/events", headers=evil)
    assert (refused.status, header(refused, b"vary")) == (403, b"Origin")  # or a cache told other pages the same
    asked = CollectorWorld(origins=Origins(["*"])).ask("OPTIONS", "/v1/events", headers=evil)
    assert (asked.status, header(asked, b"access-control-allow-origin")) == (204, b"https://evil.example")


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/v1/events", 405, b"POST, OPTIONS"),
        ("POST", "/v1/pixel", 405, b"GET"),
        ("DELETE", "/health", 405, b"GET"),
        ("GET", "/", 404, None),
        ("POST", "/v1/events/", 404, None),
    ],
)
def test_an_unknown_address_or_method_is_said_to_be_so(
    method: str, path: str, status: int, allow: bytes | None
) -> None:
    answer = CollectorWorld().ask(method, path)

    assert (answer.status, header(answer, b"allow")) == (status, allow)


def test_who_sends_too_much_is_told_when_to_come_again() -> None:
    slow = WriteKey(name="slow", sha256=WEB.sha256, events_per_second=2, burst=4)
    world = CollectorWorld(slow)

    statuses = [world.post(b"[%b,%b,%b]" % (GOOD, GOOD, GOOD)).status for _ in range(3)]
    refused = world.post(GOOD)
    world.clock.pass_seconds(0.9)

    assert statuses == [202, 202, 429]
    assert header(refused, b"retry-after") == b"2"
    assert world.post(GOOD).status == 429
    world.clock.pass_seconds(0.2)
    assert world.post(GOOD).status == 202


def test_events_sent_with_an_application_s_key_are_of_that_application() -> None:
    world = CollectorWorld(WriteKey(name="shop", sha256=WEB.sha256, app_id="shop"))

    assert said(world.post(GOOD)) == (202, TAKEN)
    assert [line["app_id"] for line in world.lines()] == ["shop"]


def test_the_pixel_takes_an_event_from_its_query() -> None:
    world = CollectorWorld()
    query = b"k=open%20sesame&event_type=email_open&user_id=u%C3%A4&value=2.5&impression=i-1|i-2"
    query += b"&c.page=/a&p.campaign=x&s.analytics=true"

    answer = world.ask("GET", "/v1/pixel", query=query)

    assert (answer.status, answer.body) == (200, pixel.GIF)
    assert dict(answer.headers) == {
        b"content-type": b"image/gif",
        b"cache-control": b"no-store",
        b"x-accepted": b"1",
        b"x-rejected": b"0",
    }
    assert world.lines() == [
        {
            "event_id": "01a207bd-a9c0-7000-8203-040506070809",
            "event_type": "email_open",
            "occurred_at": "2026-11-23T09:30:00.000Z",
            "received_at": "2026-11-23T09:30:00.000Z",
            "user_id": "uä",
            "value": 2.5,
            "impression": ["i-1", "i-2"],
            "context": {"page": "/a"},
            "properties": {"campaign": "x"},
            "consent": {"analytics": True},
        }
    ]


def test_a_pixel_of_a_bad_event_is_a_picture_and_the_event_is_kept_for_the_quarantine() -> None:
    world = CollectorWorld()

    answer = world.ask("GET", "/v1/pixel", query=b"k=open+sesame&event_type=view&user_id=%ff&event_id=e&occurred_at=x")

    assert (answer.status, answer.body, header(answer, b"x-rejected")) == (200, pixel.GIF, b"1")
    assert header(answer, b"x-reason") == b"not_utf8 (line.text)"
    assert [line for _, line in world.intake.foreign] == [
        b'{"event_id":"e","occurred_at":"x","event_type":"view","user_id":"\xff"}\n'
    ]


@pytest.mark.parametrize(
    "query", [b"context=x&c.page=/", b"c.page=/&context=x", b"p.=1&p.a.b=2", b"=&&&=1&value=1e9&value=x"]
)
def test_a_pixel_of_nonsense_is_a_picture(query: bytes) -> None:
    answer = CollectorWorld().ask("GET", "/v1/pixel", query=b"k=open+sesame&event_type=a&user_id=u&" + query)

    assert (answer.status, answer.body, header(answer, b"x-rejected")) == (200, pixel.GIF, b"1")


@pytest.mark.parametrize("query", [b"", b"k=wrong", b"event_type=view", b"&&&=;%%%\xff"])
def test_a_pixel_without_a_key_is_a_picture_too(query: bytes) -> None:
    world = CollectorWorld()

    answer = world.ask("GET", "/v1/pixel", query=query)

    assert (answer.status, answer.body, world.intake.stamped + world.intake.foreign) == (401, pixel.GIF, [])


def test_a_pixel_that_cannot_be_kept_says_so() -> None:
    world = CollectorWorld()
    world.intake.refuses = "full"

    answer = world.ask("GET", "/v1/pixel", query=b"k=open+sesame&event_type=view&user_id=u")

    assert (answer.status, answer.body, header(answer, b"retry-after")) == (503, pixel.GIF, b"2")


def test_alive_is_not_ready() -> None:
    world = CollectorWorld()
    assert [world.ask("GET", path).status for path in ("/health", "/ready")] == [200, 200]

    world.intake.refuses = "the disk is full"

    assert world.ask("GET", "/health").status == 200
    assert said(world.ask("GET", "/ready"))[0] == 503


def test_what_happened_is_counted() -> None:
    world = CollectorWorld()
    world.post(b"[%b,3]" % GOOD)
    world.ask("GET", "/nowhere")

    lines = world.ask("GET", "/metrics").body.decode().splitlines()

    assert [line for line in lines if not line.startswith("#")] == [
        'clickstream_collector_answers_total{route="/v1/events",status="202"} 1',
        'clickstream_collector_answers_total{route="other",status="404"} 1',
        'clickstream_collector_events_accepted_total{key="web"} 1',
        'clickstream_collector_events_rejected_total{reason="not_json"} 1',
        f"clickstream_collector_body_bytes_total {len(GOOD) + 4}",
        "clickstream_producer_sent_total 1",
    ]


def test_an_address_is_cut_before_it_is_kept() -> None:
    world = CollectorWorld(enrichment=Enrichment(truncated_ip=True))

    world.ask("POST", "/v1/events", headers={b"x-write-key": KEY}, body=GOOD, client_ip="::ffff:203.0.113.77")

    assert [line["context"] for line in world.lines()] == [{"ip": "203.0.113.0"}]


def test_without_keys_anyone_may_send_where_that_is_said() -> None:
    world = CollectorWorld(access=Access([], monotonic=FakeClock().monotonic, anyone=True))

    assert said(world.ask("POST", "/v1/events", body=GOOD)) == (202, TAKEN)
    assert world.ask("GET", "/v1/pixel", query=b"event_type=a&user_id=u").status == 200


def test_a_key_is_found_by_its_hash() -> None:
    assert hashlib.sha256(KEY).hexdigest() == WEB.sha256
