"""The ways that arrows take where a straight one would hide behind what stands between."""

from collections.abc import Collection

from infra.assembly import Address
from infra.drawing.edges import Edge
from infra.drawing.grid import COLUMN_POINTS, Place

Point = tuple[int, int]


def way(edge: Edge, tail: Place, head: Place, others: Collection[Place]) -> str:
    """What Graphviz is told of the arrow's way; nothing for a straight one."""
    if tail.lane != "data":
        return ""
    between = [at.y for at in others if at.lane == "data" and tail.x < at.x < head.x]
    if edge.kind == "data" and head.lane == "data" and between:
        return _over(tail, head, top=max(between))
    below = [at for at in others if at.lane == "data" and at.x == tail.x and at.y < tail.y]
    if head.lane == "control" and below:
        return _around(tail, head)
    return ""


def _over(tail: Place, head: Place, *, top: int) -> str:
    """Over the highest of what stands between."""
    start, end = (tail.x + 45, tail.y + 45), (head.x - 60, head.y + 75)
    return _curve(start, (tail.x + 150, top + 125), (head.x - 150, top + 125), end, tip=(head.x - 48, head.y + 62))


def _around(tail: Place, head: Place) -> str:
    """Around what stands below the tail, on its right."""
    out = tail.x + COLUMN_POINTS // 2
    start, end = (tail.x + 60, tail.y - 45), (head.x + 12, head.y + 62)
    return _curve(start, (out + 40, tail.y - 160), (out, head.y + 230), end, tip=(head.x + 6, head.y + 50))


def _curve(*points: Point, tip: Point) -> str:
    through = " ".join(f"{x},{y}" for x, y in points)
    return f' pos="e,{tip[0]},{tip[1]} {through}"'


def without_repeats(edges: Collection[Edge]) -> list[Edge]:
    """One arrow of those from several jobs to what watches them for failures: more would hide the rest."""
    seen: set[Address] = set()
    kept = []
    for edge in edges:
        watched = edge.watches and edge.kind == "failure" and edge.tail.name.endswith("GlueJob")
        if not watched or edge.head not in seen:
            kept.append(edge)
        if watched:
            seen.add(edge.head)
    return kept
