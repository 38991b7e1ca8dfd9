"""Deletion of a resource, with what cannot be without it."""

from __future__ import annotations

from personalize_local.emulator import Emulator
from personalize_local.state.lifecycle import deletion
from personalize_local.state.resources import Resource


def remove(emulator: Emulator, resource: Resource) -> None:
    """Gone at once, or after a while that shows it as being deleted; its jobs and versions go with it."""
    steps = deletion(emulator.clock)
    resource.steps = [*resource.steps, *steps]
    emulator.resources.changed(resource)
    for child in _below(emulator, resource):
        child.steps = [*child.steps, steps[-1]]
        emulator.resources.changed(child)
    if resource.group:
        emulator.live.forget(resource.group)


def _below(emulator: Emulator, resource: Resource) -> list[Resource]:
    children = [each for each in emulator.resources if each.parent == resource.arn]
    return [*children, *(below for child in children for below in _below(emulator, child))]
