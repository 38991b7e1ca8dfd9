"""What a role may do, as its synthesized policies say: one action and resource at a time."""

from typing import Any

from infra.assembly import Assembly

Grant = tuple[str, str, str]
"""An action, a resource, and the condition under which it holds."""


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def granted(assembly: Assembly, role: str) -> set[Grant]:
    """Every permission in the policies of a role."""
    return {
        (action, assembly.render(resource), _rendered(assembly, statement.get("Condition", {})))
        for policy in assembly.of_type("AWS::IAM::Policy")
        if f"<{role}>" in [assembly.render(each) for each in policy.properties["Roles"]]
        for statement in policy.properties["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def _rendered(assembly: Assembly, conditions: dict[str, dict[str, Any]]) -> str:
    return "; ".join(
        f"{operator} {key}: {' '.join(sorted(assembly.render(value) for value in listed(values)))}"
        for operator, entries in conditions.items()
        for key, values in sorted(entries.items())
    )
