"""What Lambda is told to deliver again, in Lambda's own spelling."""

from __future__ import annotations

import pytest

from contract.errors import TransientError
from tests.factories import event
from tests.support.realtime_world import Faults, World, records

pytestmark = pytest.mark.unit


def test_a_number_with_leading_zeros_is_given_back_as_it_came() -> None:
    world = World()
    world.fault = Faults(quarantine=[TransientError("SlowDown")])
    batch = records(event(), b"junk\n", event())
    for record in batch:
        record["kinesis"]["sequenceNumber"] = record["kinesis"]["sequenceNumber"].zfill(56)

    answer = world.consumer.consume(batch, until=float("inf"))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2".zfill(56)}]}
