"""What the collector costs a million events, as a function and in containers: `python -m infra.collector_costs`.

Every price is from memory, for us-east-1, and unverified; shards are the same for both and not in it.
"""

import math
from collections.abc import Iterator
from typing import Final

EVENT_BYTES: Final = 600  # as `infra.scaling` counts them
HOUR: Final = 3_600
GB: Final = 1e9

# US dollars, of 2025, from memory, unverified.
API_REQUEST: Final = 1.00e-6  # HTTP API, first 300 million a month
FUNCTION_REQUEST: Final = 0.20e-6
FUNCTION_GB_SECOND: Final = 0.0000166667
PUT_UNIT: Final = 0.014e-6  # Kinesis, 25 KB begun
LOG_GB: Final = 0.50
TASK_HOUR: Final = 0.04048 + 2 * 0.004445  # Fargate: a vCPU and 2 GB
BALANCER_HOUR: Final = 0.0225
CAPACITY_HOUR: Final = 0.008  # a load balancer's LCU
ENDPOINT_HOUR: Final = 0.01  # of one service in one zone
ENDPOINT_GB: Final = 0.01

FUNCTION_GB: Final = 1.0
FUNCTION_SECONDS: Final = 0.05  # two calls of Kinesis, one after the other, and our own work: an assumption
ACCESS_LOG_BYTES: Final = 300
UNIT_BYTES: Final = 25_600
AGGREGATE_BYTES: Final = 51_200  # the SDK's, when there is enough to fill it

LEAST_TASKS: Final = 2
ENDPOINTS: Final = 5 * 2  # services, zones
BUSY: Final = 0.6  # of a task, when there is another
# CPU of a core: what the benches ask of us at most; a vCPU counts as half of one.
REQUEST_SECONDS: Final = 45e-6
EVENT_SECONDS: Final = (150e-6 - 45e-6) / 24 + 1 / 25_000  # of the collector, and of the producer with its spool
VCPU_CORES: Final = 0.5
CAPACITY_GB_HOUR: Final = 1.0  # through one LCU
CAPACITY_CONNECTIONS: Final = 25  # new ones a second, through one LCU
REQUESTS_A_CONNECTION: Final = 5


def as_function(batch: int) -> float:
    """Of a million events that come so many a request, at any rate."""
    events = math.ceil(batch * EVENT_BYTES / UNIT_BYTES)
    request = (
        API_REQUEST
        + FUNCTION_REQUEST
        + FUNCTION_SECONDS * FUNCTION_GB * FUNCTION_GB_SECOND
        + (events + 1) * PUT_UNIT  # and the checkpoint
        + ACCESS_LOG_BYTES / GB * LOG_GB
    )
    return request / batch * 1e6


def tasks(batch: int, events_per_second: float) -> int:
    """Containers that such a rate takes."""
    cores = events_per_second * (REQUEST_SECONDS / batch + EVENT_SECONDS)
    return max(LEAST_TASKS, math.ceil(cores / (VCPU_CORES * BUSY)))


def in_containers(batch: int, events_per_second: float) -> float:
    """Of a million events that come so many a request, at a rate that is held all hours."""
    gb_an_hour = events_per_second * EVENT_BYTES * HOUR / GB
    capacity = max(
        gb_an_hour / CAPACITY_GB_HOUR, events_per_second / batch / REQUESTS_A_CONNECTION / CAPACITY_CONNECTIONS
    )
    hourly = (
        tasks(batch, events_per_second) * TASK_HOUR
        + BALANCER_HOUR
        + capacity * CAPACITY_HOUR
        + ENDPOINTS * ENDPOINT_HOUR
        + gb_an_hour * ENDPOINT_GB
    )
    units = math.ceil(AGGREGATE_BYTES / UNIT_BYTES) * EVENT_BYTES / AGGREGATE_BYTES
    return hourly / (events_per_second * HOUR) * 1e6 + units * PUT_UNIT * 1e6


def table() -> Iterator[str]:
    """A Markdown table: a row a size of request, a column a way."""
    rates = (10, 100, 1_000, 10_000)
    yield "| events a request | function | " + " | ".join(f"containers at {rate:,}/s" for rate in rates) + " |"
    yield "|---:|---:|" + "---:|" * len(rates)
    for batch in (1, 5, 25, 100):
        costs = [f"${in_containers(batch, rate):,.2f} ({tasks(batch, rate)} tasks)" for rate in rates]
        yield f"| {batch} each | ${as_function(batch):,.2f} | " + " | ".join(costs) + " |"


if __name__ == "__main__":
    print("\n".join(table()))
