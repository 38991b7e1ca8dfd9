"""From an event to PutEvents and to another recommendation, through the local stream, under load."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import boto3

from infra.local.deploy import Clients, deploy
from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths
from infra.local.synth import synthesize
from operations.demo.live import Campaign, Live, click_live, percentiles, put_events_ms, read_until
from operations.demo.loop import accounts, campaign_arn
from operations.demo.shelf import Shelf
from operations.deployment import Deployment, find_deployment
from operations.waking import wake_reconciler
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.by_boto import BotoKinesis, kinesis_client
from producers.sdk.new_event import new_event, new_producer_id
from producers.sdk.producer import EventProducer
from tests.bench.model import Benchmark, Row, Settings
from tests.support.published_shop import PublishedShop, publish_all, shop_of

RATE = 500  # events a second
WATCHED = 20  # shoppers, three clicks each
_EVERY_SECONDS = 0.1
_WARM_SECONDS = 5.0
_PATIENCE_SECONDS = 120.0


def run(settings: Settings) -> list[Row]:
    """Medians over the repeats. Load, endpoint, function and emulator share the machine."""
    runs = [_once(settings) for _ in range(settings.repeats)]
    limits = {"event to PutEvents, p95": 1_000.0, "event to another recommendation, p95": 2_000.0}
    return [
        Row(
            metric=name,
            unit="events/s" if name == "load" else "ms",
            ours=median(each[name] for each in runs),
            peers={},
            limit=limits.get(name),
        )
        for name in runs[0]
    ]


def _once(settings: Settings) -> dict[str, float]:
    shop = shop_of(seed=1, events=20_000, until=datetime.now(UTC) - timedelta(hours=1))
    with _deployed() as deployment:
        publish_all(deployment.personalize(), shop)
        wake_reconciler(deployment)
        campaign = Campaign(boto3.client("personalize-runtime"), _campaign(deployment))
        with _load(deployment, shop) as sent:
            time.sleep(_WARM_SECONDS)
            began, before = time.monotonic(), sent()
            live = _watch(deployment, shop, campaign)
            rate = (sent() - before) / (time.monotonic() - began)
        found = _numbers(deployment, live) | {"load": rate}
    settings.say(", ".join(f"{name} {value:,.0f}" for name, value in found.items()))
    return found


@contextmanager
def _deployed() -> Iterator[Deployment]:
    with TemporaryDirectory() as home:
        paths = LocalPaths(home=Path(home))
        endpoint = Endpoint.start(paths=paths, jars=LocalPaths().jars, warm_spark=False, timed_delivery=False)
        try:
            os.environ.update(endpoint.environment())
            assembly, _ = synthesize()
            deploy(assembly, Clients.of(endpoint.url, endpoint.environment()), progress=lambda _: None)
            yield find_deployment("local")
        finally:
            endpoint.stop()


def _campaign(deployment: Deployment) -> str:
    state, began = deployment.state(), time.monotonic()
    while not (state.get("personalize", "resources") or {}).get("value", "").count("campaign/"):
        if time.monotonic() - began > _PATIENCE_SECONDS:
            break
        time.sleep(0.1)
    return campaign_arn(state)


@contextmanager
def _load(deployment: Deployment, shop: PublishedShop) -> Iterator[Callable[[], int]]:
    """Clicks of all shoppers from a process of their own; gives a function that says how many were sent."""
    context = get_context("spawn")
    stop, sent = context.Event(), context.Value("q", 0)
    users, items = shop.busiest(400), [row["ITEM_ID"] for row in shop.rows["items"]]
    process = context.Process(target=_click, args=(deployment.stream_name, users, items, stop, sent))
    process.start()
    try:
        yield lambda: sent.value
    finally:
        stop.set()
        process.join()


def _click(stream: str, users: list[str], items: list[str], stop: Signal, sent: object) -> None:
    clock = SystemClock()
    with EventProducer(
        BotoKinesis(kinesis_client, stream), clock=clock, producer_id=new_producer_id("load")
    ) as producer:
        began = time.monotonic()
        number = 0
        while not stop.is_set():
            while number < (time.monotonic() - began) * RATE:
                user, item = users[number * 7 % len(users)], items[number * 13 % len(items)]
                producer.send(new_event("view", clock=clock, user_id=user, session_id=f"s-{user}", item_id=item))
                number += 1
            producer.flush()
            sent.value = number  # type: ignore[attr-defined]  # multiprocessing's Value
            time.sleep(_EVERY_SECONDS)


def _watch(deployment: Deployment, shop: PublishedShop, campaign: Campaign) -> Live:
    kinds = {row["ITEM_ID"]: row["CATEGORY_L2"] for row in shop.rows["items"]}
    shelf = Shelf(kinds=kinds, demand=dict.fromkeys(kinds, 1))
    watched = [f"watched-{number}" for number in range(WATCHED)]
    stream = BotoKinesis(kinesis_client, deployment.stream_name)
    with EventProducer(stream, clock=SystemClock(), producer_id=new_producer_id("watched")) as producer:
        return click_live(watched, shelf, campaign, producer, SystemClock())


def _numbers(deployment: Deployment, live: Live) -> dict[str, float]:
    """Raises AssertionError where a watched event has no entry in the ledger."""
    state = deployment.state()
    put = read_until(lambda: put_events_ms(live.clicks, live.producer_id, accounts(state)), len(live.clicks))
    if len(put) != len(live.clicks):
        raise AssertionError(f"{len(live.clicks) - len(put)} of {len(live.clicks)} watched events were not put")
    found = {"PutEvents": percentiles(put), "another recommendation": percentiles([c.changed_ms for c in live.clicks])}
    return {f"event to {what}, {name}": value for what, both in found.items() for name, value in (both or {}).items()}


BENCHMARK = Benchmark(name="realtime", what=f"the loop while {RATE} events a second pass the local stream", run=run)
