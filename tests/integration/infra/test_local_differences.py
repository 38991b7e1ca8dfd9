"""The local stage deploys the templates of dev, but for one list of differences with reasons."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pytest

from infra.assembly import Address, Assembly, Resource
from infra.local_differences import CHANGED, LEFT_OUT, NOT_OBEYED
from infra.wheels import LOCK, pins

pytestmark = pytest.mark.integration


def as_dev(value: Any) -> Any:
    """A value of the local templates, with the names it would have in dev."""
    text = json.dumps(value, sort_keys=True)
    return json.loads(
        text.replace("clickstream-local", "clickstream-dev").replace("clickstream_local", "clickstream_dev")
    )


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def without_tags(properties: Mapping[str, Any]) -> dict[str, Any]:
    # The stage tag holds the bare word.
    return {name: value for name, value in properties.items() if "Tags" not in name}


def changed(local: Resource, dev: Resource) -> set[tuple[str, str]]:
    """The properties of one resource that differ, by type and name."""
    here, there = as_dev(without_tags(local.properties)), without_tags(dev.properties)
    return {(dev.type, name) for name in {*here, *there} if here.get(name) != there.get(name)}


@pytest.fixture(scope="session")
def local(assemblies: Mapping[str, Assembly]) -> Mapping[Address, Resource]:
    return assemblies["local"].resources


@pytest.fixture(scope="session")
def dev(assemblies: Mapping[str, Assembly]) -> Mapping[Address, Resource]:
    return assemblies["dev"].resources


def test_local_has_no_resource_that_dev_lacks(
    local: Mapping[Address, Resource], dev: Mapping[Address, Resource]
) -> None:
    assert sorted(set(local) - set(dev)) == []
    assert [address for address in local if local[address].type != dev[address].type] == []


def test_what_local_goes_without_is_listed_and_what_is_listed_is_left_out(
    local: Mapping[Address, Resource], dev: Mapping[Address, Resource]
) -> None:
    assert {dev[address].type for address in set(dev) - set(local)} == set(LEFT_OUT)
    assert {resource.type for resource in local.values()} & set(LEFT_OUT) == set()


def test_every_changed_property_is_listed_and_every_listed_one_is_changed(
    local: Mapping[Address, Resource], dev: Mapping[Address, Resource]
) -> None:
    differing = set().union(*(changed(resource, dev[address]) for address, resource in local.items()))

    assert differing == set(CHANGED)


def test_jobs_and_their_roles_differ_by_the_wheels_alone(assemblies: Mapping[str, Assembly]) -> None:
    def arguments(stage: str) -> dict[str, set[str]]:
        jobs = assemblies[stage].of_type("AWS::Glue::Job")
        return {job.address.name: set(job.properties["DefaultArguments"]) for job in jobs}

    def grants(stage: str) -> set[tuple[str, str]]:
        return {
            (policy.address.name, as_dev(assemblies[stage].render(resource)))
            for policy in assemblies[stage].of_type("AWS::IAM::Policy")
            for statement in policy.properties["PolicyDocument"]["Statement"]
            for resource in listed(statement["Resource"])
        }

    wheels = {"--additional-python-modules", "--python-modules-installer-option"}
    assert {name: given - arguments("local")[name] for name, given in arguments("dev").items()} == {
        "EventsGlueJob": set(),
        **dict.fromkeys(("InteractionsGlueJob", "ItemsGlueJob", "UsersGlueJob"), wheels),
    }
    more = grants("dev") - grants("local")
    assert grants("local") <= grants("dev")
    assert sorted(name for name, _ in more) == [
        f"{job}GlueJobRoleDefaultPolicy" for job in ("Interactions", "Items", "Users")
    ]
    assert {resource.partition(".")[2] for _, resource in more} == {"gluewheels.zip"}


def test_the_local_python_has_the_versions_of_the_wheels() -> None:
    wanted = pins(LOCK)

    assert {name: version(name) for name in wanted} == wanted


def test_policies_on_deletion_are_the_same(local: Mapping[Address, Resource], dev: Mapping[Address, Resource]) -> None:
    kept = ("DeletionPolicy", "UpdateReplacePolicy")

    assert [
        address
        for address, resource in local.items()
        if [resource.raw.get(name) for name in kept] != [dev[address].raw.get(name) for name in kept]
    ] == []


def test_the_outputs_are_the_same(assemblies: Mapping[str, Assembly]) -> None:
    local, dev = (
        {stack: template["Outputs"] for stack, template in assemblies[stage].templates.items()}
        for stage in ("local", "dev")
    )

    assert as_dev(local) == dev


def test_what_is_said_to_change_nothing_locally_is_in_the_templates(local: Mapping[Address, Resource]) -> None:
    there = {(resource.type, name) for resource in local.values() for name in resource.properties}

    assert [named for named in NOT_OBEYED if named not in there] == []


def test_every_difference_has_a_reason() -> None:
    reasons = [*LEFT_OUT.values(), *CHANGED.values(), *NOT_OBEYED.values()]

    assert [reason for reason in reasons if len(reason) < 20] == []
