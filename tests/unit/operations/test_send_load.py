"""A load goes out on time, and what a target's delay costs is charged to all that fell due meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import pytest

from contract.errors import ConfigurationError, TransientError
from operations.send.latencies import Latencies
from operations.send.plan import Load
from operations.send.running import Line, LoadRun
from operations.send.tally import Answer, Report
from operations.send.to_sdk import SdkTarget

pytestmark = pytest.mark.unit

Behaviour = Callable[[Sequence[Line]], Awaitable[Answer]]


class FakeTarget:
    """Remembers each request, and answers as it is told."""

    name = "fake"

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.requests: list[list[Line]] = []

    def send(self, lines: Sequence[Line]) -> asyncio.Future[Answer]:
        self.requests.append(list(lines))
        return asyncio.ensure_future(self._behaviour(lines))


async def at_once(lines: Sequence[Line]) -> Answer:
    return Answer(accepted=len(lines))


def run(load: Load, target: FakeTarget, *, events: int = 1_000_000, patience: float = 5.0) -> Report:
    async def going() -> Report:
        lines = ((f"u-{number}", b"%d\n" % number) for number in range(events))
        return await LoadRun(load, target, clock=time.monotonic, patience=patience).run(lines)

    return asyncio.run(going())


def test_requests_fall_due_evenly() -> None:
    load = Load(rate=1_000, seconds=0.05, batch=10)

    assert list(load.due()) == [0.0, 0.01, 0.02, 0.03, 0.04]
    assert (load.requests, load.events) == (5, 50)


@pytest.mark.parametrize(
    ("rate", "seconds", "batch", "told"),
    [
        (0, 1, 1, "--rate"),
        (float("nan"), 1, 1, "--rate"),
        (2e6, 1, 1, "--rate"),
        (1, -1, 1, "--seconds"),
        (1, float("inf"), 1, "--seconds"),
        (1_000, 1, 0, "--batch"),
        (1_000, 1, 501, "--batch"),
        (1, 1, 2, "fall due"),
    ],
)
def test_what_is_no_load_is_refused_by_its_option(rate: float, seconds: float, batch: int, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Load(rate=rate, seconds=seconds, batch=batch)


def test_every_event_is_sent_once_in_order_and_counted() -> None:
    target = FakeTarget(at_once)

    report = run(Load(rate=2_000, seconds=0.05, batch=20), target)

    assert [line for request in target.requests for line in request] == [(f"u-{n}", b"%d\n" % n) for n in range(100)]
    assert (report.offered, report.tally.sent, report.tally.accepted, report.unsent) == (100, 100, 100, 0)
    assert report.kept_up
    assert report.seconds >= 0.04


def test_a_target_that_stalls_is_charged_for_all_that_fell_due_meanwhile() -> None:
    blocked = iter([0.1])

    async def stalls_once(lines: Sequence[Line]) -> Answer:
        # It blocks the thread, so nothing else goes out either: as a generator that waits for each answer would.
        time.sleep(next(blocked, 0.0))  # noqa: ASYNC251 - the stall is what is tested
        return Answer(accepted=len(lines))

    tally = run(Load(rate=500, seconds=0.1), FakeTarget(stalls_once)).tally

    # Fifty requests fell due in the tenth of a second; half of them waited for half of it or longer.
    assert len(tally.latencies) == 50
    assert (tally.latencies.percentile(0.5) or 0) > 0.03
    assert tally.latest_start > 0.05


def test_a_slow_answer_delays_no_other_request() -> None:
    first = iter([True])

    async def slow_once(lines: Sequence[Line]) -> Answer:
        await asyncio.sleep(0.1 if next(first, False) else 0.0)
        return Answer(accepted=len(lines))

    tally = run(Load(rate=500, seconds=0.1), FakeTarget(slow_once)).tally

    assert tally.latencies.longest >= 0.1
    assert (tally.latencies.percentile(0.9) or 1) < 0.05


def test_what_was_refused_is_counted_by_reason_and_has_no_latency() -> None:
    answers = iter([Answer(failure="answer 429"), Answer(accepted=9, rejected=1), Answer(failure="answer 503")])

    async def as_told(_: Sequence[Line]) -> Answer:
        return next(answers)

    report = run(Load(rate=1_000, seconds=0.03, batch=10), FakeTarget(as_told))

    assert (report.tally.accepted, report.tally.rejected, report.tally.failed) == (9, 1, 20)
    assert report.tally.failures == {"answer 429": 10, "answer 503": 10}
    assert len(report.tally.latencies) == 10
    assert not report.kept_up


def test_an_answer_that_never_comes_is_said_to_be_missing() -> None:
    async def never(_: Sequence[Line]) -> Answer:
        await asyncio.sleep(60)
        return Answer()

    report = run(Load(rate=1_000, seconds=0.01, batch=10), FakeTarget(never), patience=0.05)

    assert (report.tally.sent, report.tally.waiting, report.kept_up) == (10, 10, False)


def test_a_file_that_ends_before_the_time_ends_the_load() -> None:
    report = run(Load(rate=1_000, seconds=10, batch=10), FakeTarget(at_once), events=25)

    assert (report.offered, report.tally.accepted, report.kept_up) == (25, 25, True)


def test_percentiles_are_never_too_short_and_at_most_a_hundredth_too_long() -> None:
    latencies = Latencies()
    for number in range(1, 1_001):
        latencies.add(number / 1_000)

    assert latencies.percentile(0.5) == pytest.approx(0.5, rel=0.01)
    assert (latencies.percentile(0.99) or 0) >= 0.99
    assert latencies.percentile(1.0) == latencies.longest == 1.0
    assert Latencies().percentile(0.5) is None


class FakeProducer:
    """Acknowledges at once, or refuses: on the call, or by the receipt."""

    def __init__(self, *, full: bool = False, loses: bool = False) -> None:
        self.full, self.loses = full, loses

    def send_raw_many(self, lines: Sequence[Line]) -> Awaitable[None]:
        if self.full:
            raise TransientError(f"no room for {len(lines)}")
        return self._acknowledge()

    async def _acknowledge(self) -> None:
        if self.loses:
            raise TransientError("given up after 120 s")


@pytest.mark.parametrize(
    ("producer", "answer"),
    [
        (FakeProducer(), Answer(accepted=2)),
        (FakeProducer(full=True), Answer(failure="TransientError")),
        (FakeProducer(loses=True), Answer(failure="TransientError")),
    ],
)
def test_the_sdk_answers_when_it_acknowledges_and_fails_by_kind(producer: FakeProducer, answer: Answer) -> None:
    async def ask() -> Answer:
        return await SdkTarget(producer, name="SDK").send([("u-1", b"a\n"), ("u-2", b"b\n")])

    assert asyncio.run(ask()) == answer


def test_a_report_is_the_same_for_programs() -> None:
    report = run(Load(rate=1_000, seconds=0.02, batch=10), FakeTarget(at_once))
    data = report.as_data()

    assert {name: data[name] for name in ("target", "offered", "sent", "accepted", "failed", "unsent", "failures")} == {
        "target": "fake",
        "offered": {"events": 20, "rate": 1_000, "batch": 10},
        "sent": 20,
        "accepted": 20,
        "failed": 0,
        "unsent": 0,
        "failures": {},
    }
    assert set(data["latency_from_due_ms"]) == set(data["call_ms"]) == {"p50", "p90", "p99", "p99.9", "max"}
