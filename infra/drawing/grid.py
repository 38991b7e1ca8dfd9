"""Where each resource stands: data from left to right in the middle, what wakes it above, failures below."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from infra.assembly import Address
from infra.drawing.flow import Edge, Flow

Lane = Literal["wake", "data", "failure"]

COLUMN_POINTS: Final = 215
ROW_POINTS: Final = 150
LANE_POINTS: Final = 248


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
    return {
        address: Place(lane=lane, x=column * COLUMN_POINTS, y=_middle(lane) + _offset(row, len(stack)))
        for (lane, column), stack in stacks.items()
        for row, address in enumerate(stack)
    }


def _middle(lane: Lane) -> int:
    heights: Mapping[Lane, int] = {"wake": LANE_POINTS, "data": 0, "failure": -LANE_POINTS}
    return heights[lane]


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
    for edge in _in_order(flow, columns):
        if edge.tail in columns:
            # A rule stands in the column of what it watches; what it wakes or tells, one further.
            beside = columns[edge.tail] + (0 if edge.watches else 1)
            columns.setdefault(edge.head, beside)
        else:
            columns.setdefault(edge.tail, columns[edge.head] + 1)
    last = max(columns.values())
    columns.update({edge.head: last for edge in flow.edges if edge.dead_letter})
    return columns


def _data_columns(flow: Flow) -> dict[Address, int]:
    """The longest way that data takes to a resource; column 0 is left for the producers."""
    data = [edge for edge in flow.edges if edge.kind == "data"]
    columns = dict.fromkeys((address for edge in data for address in (edge.tail, edge.head)), 1)
    for _ in columns:
        for edge in data:
            columns[edge.head] = max(columns[edge.head], columns[edge.tail] + 1)
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
