"""The realtime consumer against the Personalize emulator: every accepted event is in its store, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.session import Session

from consumers.clock import SystemClock
from consumers.realtime.adapters import PersonalizeEvents
from consumers.realtime.calls import Call
from consumers.realtime.sending import Refused
from consumers.realtime.signed_http import SignedPersonalizeEvents
from consumers.realtime.tracker import blames_tracker
from contract.codec import Event
from contract.errors import TransientError
from contract.projection import interaction
from tests.factories import event
from tests.support.personalize_server import KEYS, Server, running, s3_server
from tests.support.personalize_state import StateOnDisk
from tests.support.personalize_walk import INTERACTIONS, Walk
from tests.support.realtime_stream import random_shard
from tests.support.realtime_world import World, records

pytestmark = pytest.mark.integration


@dataclass
class Emulated:
    """A group with a tracker, and a consumer that puts its events there from eight threads."""

    server: Server
    tracking_id: str
    world: World

    def in_store(self) -> list[str]:
        """Ids of the events that were put, as often as they are there."""
        return sorted(name for _, name, _ in StateOnDisk(self.server.data).events())

    def order(self, kind: str, **more: float) -> None:
        fault = {"operation": "PutEvents", "kind": kind, **more}
        self.server.admin("POST", "faults", json.dumps(fault).encode())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server() as s3, running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


@pytest.fixture(scope="module")
def tracking_id(server: Server) -> str:
    walk = Walk(server, "realtime")
    walk.dataset("Interactions", INTERACTIONS)
    tracking_id = walk.tracker()
    server.idle()
    return tracking_id


@pytest.fixture
def emulated(server: Server, tracking_id: str) -> Iterator[Emulated]:
    world = World()
    world.state.put("personalize", "resources", {"value": json.dumps({"tracking_id": tracking_id})})
    with ThreadPoolExecutor(8) as threads:
        personalize, clock = PersonalizeEvents(client(server)), SystemClock()
        sender = replace(world.consumer.sender, personalize=personalize, threads=threads, clock=clock)
        world.consumer = replace(world.consumer, sender=sender, clock=clock)
        yield Emulated(server, tracking_id, world)
    server.admin("DELETE", "faults")


def client(server: Server) -> SignedPersonalizeEvents:
    """The consumer's own, of eight connections."""
    session = Session()
    session.set_config_variable("region", KEYS["region_name"])
    session.set_credentials(KEYS["aws_access_key_id"], KEYS["aws_secret_access_key"])
    return SignedPersonalizeEvents.of_session(session, connections=8, clock=SystemClock(), endpoint_url=server.url)


def named(prefix: str, count: int) -> list[Event]:
    """Of different visitors."""
    return [event(event_id=f"{prefix}-{number:03d}", user_id=f"u-{number % 40}") for number in range(count)]


def test_five_deliveries_of_everything_are_one_row_an_event(emulated: Emulated) -> None:
    shard = random_shard(Random(5), count=60, repeats=True)
    before = emulated.in_store()

    for _ in range(5):
        emulated.world.store.watermarks.clear()  # as if nothing had been settled
        assert emulated.world.deliver(shard.records) is None

    assert emulated.in_store() == sorted([*before, *shard.exported])
    rows = {name: row for _, name, row in StateOnDisk(emulated.server.data).events()}
    for judged in shard.judged:
        if judged.event is not None and judged.entry is not None:
            values = interaction({name: getattr(judged.event, name) for name in judged.event.__struct_fields__})
            row = rows[judged.event.event_id]
            assert (row.item, row.type, row.at) == (values["ITEM_ID"], values["EVENT_TYPE"], values["TIMESTAMP"])
            assert row.user == judged.event.user_id


def test_half_of_the_calls_throttled_is_nothing_lost(emulated: Emulated) -> None:
    emulated.order("throttle", times=200, share=0.5)
    events = named("throttled", 120)

    assert emulated.world.deliver(records(*events)) is None

    found = [name for name in emulated.in_store() if name.startswith("throttled")]
    assert found == [one.event_id for one in events]
    assert emulated.world.metrics.reports[-1].throttles > 20


def test_while_personalize_is_down_records_are_given_back_and_come_through_later(emulated: Emulated) -> None:
    emulated.order("unavailable", times=500)
    batch = records(*named("down", 20))

    assert emulated.world.deliver(batch, seconds=0.5) == "1"
    emulated.server.admin("DELETE", "faults")
    assert emulated.world.deliver(batch) is None

    assert [name for name in emulated.in_store() if name.startswith("down")] == [f"down-{n:03d}" for n in range(20)]


@pytest.fixture(params=["lean", "boto3"])
def adapter(request: pytest.FixtureRequest, emulated: Emulated) -> PersonalizeEvents:
    """Over either client."""
    plain = emulated.server.client("personalize-events", parameter_validation=False)
    return PersonalizeEvents(client(emulated.server) if request.param == "lean" else plain)


def call(**entry: Any) -> Call:
    made = {"eventId": "x-1", "eventType": "view", "itemId": "i-1", "sentAt": 1_795_424_400, **entry}
    return Call(session_id="s-1", user_id=None, entries=(made,), numbers=(0,))


def test_what_personalize_refuses_of_an_event_is_not_the_trackers_fault(
    emulated: Emulated, adapter: PersonalizeEvents
) -> None:
    with pytest.raises(Refused) as caught:
        adapter.put(emulated.tracking_id, call(eventType="x" * 300))

    assert str(caught.value)
    assert not blames_tracker(str(caught.value), call(eventType="x" * 300))


def test_an_unknown_tracker_is_not_the_events_fault(adapter: PersonalizeEvents) -> None:
    with pytest.raises(Refused) as caught:
        adapter.put("00000000-0000-0000-0000-000000000000", call())

    assert blames_tracker(str(caught.value), call())


@pytest.mark.parametrize("kind", ["throttle", "internal", "unavailable"])
def test_a_busy_personalize_is_transient(emulated: Emulated, adapter: PersonalizeEvents, kind: str) -> None:
    emulated.order(kind)

    with pytest.raises(TransientError, match="put events"):
        adapter.put(emulated.tracking_id, call())


def test_a_personalize_that_nobody_reaches_is_transient(tmp_path: Path) -> None:
    nobody = Server(data=tmp_path, port=1, s3_endpoint="http://127.0.0.1:1")

    with pytest.raises(TransientError, match="put events"):
        PersonalizeEvents(client(nobody)).put("t", call())
