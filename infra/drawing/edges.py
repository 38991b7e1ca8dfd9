"""What a flow is made of: resources, and what passes between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from infra.assembly import Address, Assembly, Resource

Kind = Literal["data", "wake", "failure"]


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Something flows from `tail` to `head`: data, a wake-up call, or what went wrong."""

    tail: Address
    head: Address
    kind: Kind
    watches: bool = False
    """Whether the head is a rule that looks at what happens to the tail."""
    dead_letter: bool = False
    """Whether the head is where the tail leaves what it could not deliver."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """The resources that take part, and what passes between them, in a stable order."""

    nodes: tuple[Resource, ...]
    edges: tuple[Edge, ...]


def granted(assembly: Assembly, role: Address, action: str) -> Iterator[Address]:
    """What of our own a role may do `action` with."""
    for policy in assembly.of_type("AWS::IAM::Policy"):
        stack = policy.address.stack
        if role not in assembly.references(policy.properties["Roles"], stack):
            continue
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if action in statement["Action"]:
                named = assembly.references(statement["Resource"], stack)
                yield from (address for address in named if address in assembly.resources)
