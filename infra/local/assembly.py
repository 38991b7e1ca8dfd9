"""Reads a CDK cloud assembly: its stacks in the order they depend on one another, and their files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file the stacks refer to, and where they expect it."""

    path: Path
    bucket: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One stack, its template as text."""

    name: str
    template: str
    template_file: Path

    def logical_ids(self) -> Mapping[str, str]:
        """The type of each resource."""
        return {key: value["Type"] for key, value in json.loads(self.template)["Resources"].items()}


def read_stacks(assembly: Path) -> list[Stack]:
    """The stacks of `assembly`, each after those it depends on."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    stacks = {key: value for key, value in artifacts.items() if value["type"] == "aws:cloudformation:stack"}
    needs = {key: [d for d in value.get("dependencies", []) if d in stacks] for key, value in stacks.items()}
    return [_stack(assembly, key, stacks[key]["properties"]) for key in TopologicalSorter(needs).static_order()]


def read_assets(assembly: Path, *, account: str, region: str) -> Iterator[Asset]:
    """Every file asset; raises `ValueError` for one that would have to be built first."""
    for manifest in sorted(assembly.glob("*.assets.json")):
        content = json.loads(manifest.read_text())
        if content.get("dockerImages"):
            raise ValueError(f"{manifest}: the local deployer takes files, not container images")
        for file in content["files"].values():
            yield from _file_assets(assembly, file, account=account, region=region)


def _file_assets(assembly: Path, file: Mapping[str, Any], *, account: str, region: str) -> Iterator[Asset]:
    source = file["source"]
    if source.get("packaging", "file") != "file":
        raise ValueError(f"asset {source['path']}: give CDK a file; the local deployer does not zip folders")
    names = {"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": "aws"}
    for destination in file["destinations"].values():
        bucket = destination["bucketName"]
        for name, value in names.items():
            bucket = bucket.replace(f"${{{name}}}", value)
        yield Asset(path=assembly / source["path"], bucket=bucket, key=destination["objectKey"])


def _stack(assembly: Path, key: str, properties: Mapping[str, Any]) -> Stack:
    file = assembly / properties["templateFile"]
    return Stack(name=properties.get("stackName", key), template=file.read_text(), template_file=file)
