"""Draws as one what does the same for the same reason: three jobs with a rule each, rules with the same target."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from infra.assembly import Address, Resource
from infra.drawing.captions import short_name
from infra.drawing.edges import Edge, Flow

LONG_CHARS = 30


@dataclass(frozen=True, kw_only=True)
class Grouped:
    """A flow whose nodes stand for a group each; its edges lead from group to group."""

    flow: Flow
    members: Mapping[Address, Sequence[Resource]]


def group(flow: Flow) -> Grouped:
    """One are: jobs that the same thing wakes, with all that wakes them; rules on one bus with one target and those
    that alert; alarms; queues of dead letters."""
    members: dict[Hashable, list[Resource]] = defaultdict(list)
    for resource in flow.nodes:
        members[_kind(resource, flow)].append(resource)
    first = {each.address: together[0].address for together in members.values() for each in together}
    edges = {(edge.tail, edge.head): edge for edge in (_between(first, edge) for edge in flow.edges)}
    nodes = tuple(resource for resource in flow.nodes if first[resource.address] == resource.address)
    return Grouped(
        flow=Flow(nodes=nodes, edges=tuple(edge for _, edge in sorted(edges.items()))),
        members={together[0].address: together for together in members.values()},
    )


def names(members: Sequence[Resource]) -> str:
    """The members' names; where that is long, what they have in common."""
    short = [short_name(member) for member in members]
    together = ", ".join(short)
    if len(together) <= LONG_CHARS:
        return together
    words = [name.split("-") for name in short]
    start, end = _shared(words), _shared([each[::-1] for each in words])[::-1]
    if not start and not end:
        return f"{short[0]}, …"
    return "-".join([*start, "…", *end])


def _shared(texts: Sequence[Sequence[str]]) -> list[str]:
    """The words that all begin with."""
    same = takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False))
    return [word for word, *_ in same]


def _between(first: Mapping[Address, Address], edge: Edge) -> Edge:
    return Edge(
        tail=first[edge.tail],
        head=first[edge.head],
        kind=edge.kind,
        watches=edge.watches,
        dead_letter=edge.dead_letter,
    )


def _kind(resource: Resource, flow: Flow) -> Hashable:
    """What resources that are drawn as one have in common."""
    jobs = {node.address for node in flow.nodes if node.type == "AWS::Glue::Job"}
    woken = _woken(resource.address, flow, jobs)
    if woken is not None:
        return resource.type, frozenset(_causes(woken, flow))
    heads = frozenset(e.head for e in flow.edges if e.tail == resource.address and not e.dead_letter)
    if resource.type in {"AWS::Events::Rule", "AWS::CloudWatch::Alarm"} and heads:
        return resource.type, heads
    if any(edge.head == resource.address and edge.dead_letter for edge in flow.edges):
        return resource.type, "dead letters"
    return resource.address


def _woken(address: Address, flow: Flow, jobs: set[Address]) -> Address | None:
    """The job at the end of a chain of wake-up calls; a job is its own."""
    if address in jobs:
        return address
    for edge in flow.edges:
        if edge.tail == address and edge.kind == "wake" and not edge.watches:
            return _woken(edge.head, flow, jobs)
    return None


def _causes(job: Address, flow: Flow) -> set[Address]:
    """What rules watch on behalf of a job."""
    callers = {edge.tail for edge in flow.edges if edge.head == job and edge.kind == "wake"}
    rules = {edge.tail for edge in flow.edges if edge.head in callers and edge.kind == "wake"}
    return {edge.tail for edge in flow.edges if edge.head in rules and edge.watches}
