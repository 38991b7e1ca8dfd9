"""Reads synthesized templates as one system: resources by address, references resolved across stacks."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, order=True)
class Address:
    """One resource: the stack's construct name and the logical id."""

    stack: str
    logical_id: str

    @property
    def name(self) -> str:
        """The logical id without the hash CDK appends."""
        return re.sub(r"[0-9A-F]{8}$", "", self.logical_id)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource as its template has it."""

    address: Address
    type: str
    properties: Mapping[str, Any]
    raw: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """The templates of one stage by stack, in the order of their names."""

    templates: Mapping[str, Mapping[str, Any]]
    resources: Mapping[Address, Resource]
    exports: Mapping[str, tuple[str, Any]]

    def of_type(self, type_: str) -> list[Resource]:
        """All resources of a type, by address."""
        return [resource for resource in self.resources.values() if resource.type == type_]

    def references(self, value: Any, stack: str) -> Iterator[Address]:
        """Every resource that `value` names, as it stands in `stack`, through imports too."""
        match value:
            case {"Ref": str(logical_id)}:
                yield Address(stack=stack, logical_id=logical_id)
            case {"Fn::GetAtt": [logical_id, *_]}:
                yield Address(stack=stack, logical_id=logical_id)
            case {"Fn::ImportValue": str(name)}:
                exporter, exported = self.exports[name]
                yield from self.references(exported, exporter)
            case dict():
                for inner in value.values():
                    yield from self.references(inner, stack)
            case list():
                for inner in value:
                    yield from self.references(inner, stack)

    def render(self, value: Any) -> str:
        """A template string as people read it: `<EventsGlueJob>` and `<BucketsRaw.Arn>` for what is not known yet."""
        match value:
            case {"Ref": str(logical_id)}:
                return f"<{Address(stack='', logical_id=logical_id).name}>"
            case {"Fn::GetAtt": [logical_id, attribute]}:
                return f"<{Address(stack='', logical_id=logical_id).name}.{attribute}>"
            case {"Fn::ImportValue": str(name)}:
                return self.render(self.exports[name][1])
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(self.render(part) for part in parts)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}]+)\}", r"<\1>", text)
            case _:
                return str(value)


def read_assembly(folder: Path) -> Assembly:
    """The assembly that `python -m infra.app` wrote; raises `FileNotFoundError` where there is none."""
    paths = sorted(folder.glob("*.template.json"))
    if not paths:
        raise FileNotFoundError(f"no templates in {folder}: run `python -m infra.app --stage dev` first")
    templates = {path.name.partition(".")[0]: json.loads(path.read_text()) for path in paths}
    return Assembly(templates=templates, resources=_resources(templates), exports=_exports(templates))


def _resources(templates: Mapping[str, Mapping[str, Any]]) -> dict[Address, Resource]:
    resources = {}
    for stack, template in templates.items():
        for logical_id, raw in template["Resources"].items():
            address = Address(stack=stack, logical_id=logical_id)
            resources[address] = Resource(
                address=address, type=raw["Type"], properties=raw.get("Properties", {}), raw=raw
            )
    return resources


def _exports(templates: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, Any]]:
    return {
        output["Export"]["Name"]: (stack, output["Value"])
        for stack, template in templates.items()
        for output in template.get("Outputs", {}).values()
        if "Export" in output
    }
