"""Where each resource stands: data from left to right in the middle, what wakes it above, failures below."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from infra.assembly import Address
from infra.drawing.flow import Edge, Flow

Lane = Literal["wake", "data", "failure"]
LANES: Final[tuple[Lane, ...]] = get_args(Lane)

COLUMN_POINTS: Final = 215
ROW_POINTS: Final = 150
LANE_POINTS: Final = 173


@dataclass(frozen=True, kw_only=True)
class Place:
    """A lane, and a point on the page in Graphviz's measure; y grows upwards."""

    lane: Lane
    x: int
    y: int


def place(flow: Flow) -> Mapping[Address, Place]:
    """A place for every resource of the flow; those of one lane and column are stacked by address."""
    columns, lanes = _columns(flow), _lanes(flow)
    stacks: dict[tuple[Lane, int], list[Address]] = defaultdict(list)
    for address in sorted(lanes):
        stacks[lanes[address], columns[address]].append(address)
    middles = _middles(stacks)
    return {
        address: Place(lane=lane, x=column * COLUMN_POINTS, y=middles[lane] + _offset(row, len(stack)))
        for (lane, column), stack in stacks.items()
        for row, address in enumerate(stack)
    }


def _middles(stacks: Mapping[tuple[Lane, int], list[Address]]) -> Mapping[Lane, int]:
    """The lanes above and below keep clear of the data, however high each is."""
    rows = {lane: max((len(stack) for (at, _), stack in stacks.items() if at == lane), default=1) for lane in LANES}
    away = {lane: LANE_POINTS + (rows["data"] + rows[lane] - 2) * ROW_POINTS // 2 for lane in LANES}
    return {"wake": away["wake"], "data": 0, "failure": -away["failure"]}


def _offset(row: int, rows: int) -> int:
    return (rows - 1) * ROW_POINTS // 2 - row * ROW_POINTS


def _lanes(flow: Flow) -> Mapping[Address, Lane]:
    """Data carries the most weight, then waking: a queue is a failure's end, yet stands beside what feeds it."""
    lanes: dict[Address, Lane] = {}
    for edge in flow.edges:
        if edge.kind == "data":
            lanes[edge.tail] = lanes[edge.head] = "data"
    for edge in flow.edges:
        if edge.kind == "wake":
            lanes.setdefault(edge.tail, "wake")
            lanes.setdefault(edge.head, "wake")
    for edge in flow.edges:
        if edge.kind == "failure":
            lanes.setdefault(edge.tail, "failure")
            lanes.setdefault(edge.head, "wake" if edge.dead_letter else "failure")
    return lanes


def _columns(flow: Flow) -> Mapping[Address, int]:
    columns = _data_columns(flow)
    types = {node.address: node.type for node in flow.nodes}
    for edge in _in_order(flow, columns):
        if edge.tail in columns:
            columns.setdefault(edge.head, columns[edge.tail] + _step(edge, types))
        else:
            columns.setdefault(edge.tail, columns[edge.head] + 1)
    # Beside the group that leaves things in it.
    beside = max(columns[edge.tail] + 1 for edge in flow.edges if edge.dead_letter)
    columns.update({edge.head: beside for edge in flow.edges if edge.dead_letter})
    return columns


def _step(edge: Edge, types: Mapping[Address, str]) -> int:
    """How many columns the head stands behind the tail."""
    if not edge.watches:
        return 1
    match types[edge.tail]:
        case "AWS::Events::EventBus":
            return -1  # on the way to the alerts
        case "AWS::Glue::Job" if edge.kind == "wake":
            return 1  # above what the job writes: its own workflow stands above it
        case _:
            return 0


def _data_columns(flow: Flow) -> dict[Address, int]:
    """Behind all that it reads, but a bucket behind the first that writes it; column 0 is left for the producers."""
    sources: dict[Address, list[Address]] = defaultdict(list)
    for edge in flow.edges:
        if edge.kind == "data":
            sources[edge.head].append(edge.tail)
            sources.setdefault(edge.tail, [])
    buckets = {node.address for node in flow.nodes if node.type == "AWS::S3::Bucket"}
    columns = dict.fromkeys(sources, 1)
    for _ in columns:
        for head, tails in sources.items():
            furthest = min if head in buckets else max
            columns[head] = 1 + furthest((columns[tail] for tail in tails), default=0)
    return columns


def _in_order(flow: Flow, placed: Mapping[Address, int]) -> Iterator[Edge]:
    """Edges that are not data, those from placed resources first, so that each finds one end placed."""
    rest = [edge for edge in flow.edges if edge.kind != "data" and not edge.dead_letter]
    known = set(placed)
    while rest:
        ready = [edge for edge in rest if edge.tail in known] or [edge for edge in rest if edge.head in known]
        yield from ready
        known |= {address for edge in ready for address in (edge.tail, edge.head)}
        rest = [edge for edge in rest if edge not in ready]
