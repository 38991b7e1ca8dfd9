"""What a producer counts, as Prometheus and CloudWatch read it."""

from __future__ import annotations

import json

import pytest

from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.metrics import BOUNDS, Histogram, Snapshot, emf, prometheus
from producers.sdk.stream import Refused
from tests.factories import event
from tests.support.producing import producer

pytestmark = pytest.mark.unit


def timed(*seconds: float) -> Histogram:
    histogram = Histogram()
    for each in seconds:
        histogram.add(each)
    return histogram


def test_durations_are_counted_by_their_bounds() -> None:
    found = timed(0.0005, 0.001, 0.0011, 99.0).read()

    assert found.counts[:2] == (2, 1)
    assert found.counts[-1] == 1
    assert sum(found.counts) == 4
    assert round(found.total, 4) == 99.0026


def test_prometheus_reads_counters_gauges_and_histograms() -> None:
    text = prometheus(Snapshot(producer_id="web-1", sent=7, held_bytes=9, put_seconds=timed(0.002, 70.0).read()))

    lines = text.splitlines()
    assert "# TYPE clickstream_producer_sent_total counter" in lines
    assert "clickstream_producer_sent_total 7" in lines
    assert "clickstream_producer_held_bytes 9" in lines
    assert 'clickstream_producer_put_seconds_bucket{le="0.001"} 0' in lines
    assert 'clickstream_producer_put_seconds_bucket{le="60.0"} 1' in lines
    assert 'clickstream_producer_put_seconds_bucket{le="+Inf"} 2' in lines
    assert "clickstream_producer_put_seconds_sum 70.002" in lines
    assert "clickstream_producer_put_seconds_count 2" in lines
    assert text.endswith("\n")


def test_cloudwatch_reads_the_same_and_durations_that_there_were() -> None:
    line = emf(Snapshot(producer_id="web-1", sent=7, put_seconds=timed(0.002, 0.002, 70.0).read()), at_ms=5)

    told = json.loads(line)
    [directive] = told["_aws"]["CloudWatchMetrics"]
    names = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert "\n" not in line
    assert (told["_aws"]["Timestamp"], told["sent"], told["producer_id"]) == (5, 7, "web-1")
    assert told["put_seconds"] == {"Values": [0.0025, 2 * BOUNDS[-1]], "Counts": [2, 1]}
    assert (names["held_bytes"], names["spool_seconds"], names["sent"]) == ("Bytes", "Seconds", "Count")
    assert "acknowledge_seconds" not in names
    assert all(name in told for name in names)


def test_a_producer_counts_what_it_did() -> None:
    stream = MemoryStream([Answer(refuses=frozenset({0}), refused=Refused.FAILED)])

    with producer(stream) as opened:
        for _ in range(3):
            opened.send(event())

    told = opened.metrics()
    assert (told.sent, told.accepted, told.delivered, told.retried, told.held_events) == (3, 3, 4, 1, 0)
    assert (told.held_bytes, told.withdrawn, told.dropped, told.spool_bytes) == (0, 0, 0, 0)
    assert told.bytes == sum(record.size for record in stream.records)
    assert sum(told.put_seconds.counts) == len(stream.calls)
    assert sum(told.acknowledge_seconds.counts) >= 1
