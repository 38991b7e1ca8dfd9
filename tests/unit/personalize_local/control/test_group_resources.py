"""Groups, datasets, schemas, trackers, filters: what is refused, what is in use, what goes together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from personalize_local.serving import datasets
from tests.support.personalize_world import SCHEMAS, START, World, refused
from tests.support.shop import avro

pytestmark = pytest.mark.unit


def _create_dataset(world: World, group: str, schema: str, kind: str, name: str = "d") -> Any:
    return refused(world, "CreateDataset", name=name, schemaArn=schema, datasetGroupArn=group, datasetType=kind)


def test_a_dataset_is_named_by_its_group_and_its_type_in_any_case(world: World) -> None:
    group, schema = world.group(), world.schema()
    request = {"name": "d", "schemaArn": schema, "datasetGroupArn": group, "datasetType": "interActions"}
    arn = world("CreateDataset", **request)["datasetArn"]
    described = world("DescribeDataset", datasetArn=arn)["dataset"]

    assert arn == "arn:aws:personalize:us-east-1:000000000000:dataset/shop/INTERACTIONS"
    assert START < described.pop("creationDateTime") == described.pop("lastUpdatedDateTime")
    assert described == {
        "name": "d",
        "datasetArn": arn,
        "datasetGroupArn": group,
        "datasetType": "INTERACTIONS",
        "schemaArn": schema,
        "status": "ACTIVE",
    }


def test_a_second_dataset_of_one_type_is_refused(world: World) -> None:
    group = world.group()
    dataset = world.dataset(group)
    schema = world.schema(name="another")

    assert _create_dataset(world, group, schema, "INTERACTIONS") == (
        "ResourceAlreadyExistsException",
        f"Another resource with Arn {dataset} already exists.",
    )


def test_a_dataset_must_fit_its_schema_and_its_domain(world: World) -> None:
    group, mall = world.group(), world.group("mall", domain="ECOMMERCE")
    schema = world.schema()

    assert [
        _create_dataset(world, group, schema, "ITEMS"),
        _create_dataset(world, group, schema, "CLICKS"),
        _create_dataset(world, mall, schema, "INTERACTIONS"),
        _create_dataset(world, group, group, "INTERACTIONS"),
        _create_dataset(world, group, schema, "ACTIONS"),
        _create_dataset(world, f"{group}s", schema, "INTERACTIONS"),
    ] == [
        ("InvalidInputException", f"Schema {schema} is for Interactions, the dataset's type is Items."),
        ("InvalidInputException", "Invalid dataset type: CLICKS. Valid ones are INTERACTIONS, ITEMS, USERS."),
        ("InvalidInputException", f"Schema {schema} is of no domain, its dataset group is of the ECOMMERCE domain."),
        ("InvalidInputException", f"{group} is the ARN of a dataset-group, not of a schema."),
        ("NotSupportedException", "CreateDataset: this emulator does not support datasetType ACTIONS."),
        ("ResourceNotFoundException", f"Resource Arn {group}s does not exist."),
    ]


def test_a_wrong_schema_is_refused_with_its_reason(world: World) -> None:
    code, message = refused(world, "CreateSchema", name="s", schema=avro("Interactions", USER_ID="string"))

    assert code == "InvalidInputException"
    assert "ITEM_ID, TIMESTAMP" in message


def test_an_update_swaps_the_schema_for_one_with_more_columns(slow: World) -> None:
    group = slow.group()
    slow.advance(30)
    dataset = slow.dataset(group, "Users")
    slow.advance(30)
    wider = json.loads(SCHEMAS["Users"])
    wider["fields"].append({"name": "CITY", "type": ["null", "string"]})
    new = slow("CreateSchema", name="wider", schema=json.dumps(wider))["schemaArn"]
    slow("UpdateDataset", datasetArn=dataset, schemaArn=new)
    before = slow("DescribeDataset", datasetArn=dataset)["dataset"]
    slow.advance(30)
    after = slow("DescribeDataset", datasetArn=dataset)["dataset"]

    assert (before["status"], before["latestDatasetUpdate"]["status"]) == ("ACTIVE", "CREATE PENDING")
    assert before["schemaArn"] != new == before["latestDatasetUpdate"]["schemaArn"]
    assert (after["schemaArn"], after["latestDatasetUpdate"]["status"]) == (new, "ACTIVE")
    assert refused(slow, "DeleteSchema", schemaArn=new)[0] == "ResourceInUseException"


def test_an_update_must_keep_the_columns(world: World) -> None:
    dataset = world.dataset(world.group(), "Users")
    texts = {
        "fewer": avro("Users", USER_ID="string", CITY=["null", "string"]),
        "other": avro("Users", USER_ID="string", AGE="string"),
        "strict": avro("Users", USER_ID="string", AGE={"type": "string", "categorical": True}, CITY="string"),
    }
    found = []
    for name, text in texts.items():
        schema = world("CreateSchema", name=name, schema=text)["schemaArn"]
        found.append(refused(world, "UpdateDataset", datasetArn=dataset, schemaArn=schema))

    assert found == [
        ("InvalidInputException", "The new schema must keep the columns of the old one; missing: ['AGE']."),
        ("InvalidInputException", "The new schema must keep the old one's columns as they are; changed: ['AGE']."),
        ("InvalidInputException", "New columns must allow null (a union of their type and \"null\"): ['CITY']."),
    ]


def test_a_group_has_one_tracker_whose_id_is_a_uuid(world: World) -> None:
    group = world.group()
    created = world("CreateEventTracker", name="web", datasetGroupArn=group)
    described = world("DescribeEventTracker", eventTrackerArn=created["eventTrackerArn"])["eventTracker"]
    second = refused(world, "CreateEventTracker", name="app", datasetGroupArn=group)

    assert len(created["eventTrackerArn"].rpartition("event-tracker/")[2]) == 8
    assert (len(created["trackingId"]), described["trackingId"]) == (36, created["trackingId"])
    assert described["accountId"] == "000000000000"
    assert second == (
        "ResourceAlreadyExistsException",
        f"{group} has an event tracker already: {created['eventTrackerArn']}.",
    )


def test_what_others_need_cannot_be_deleted(world: World) -> None:
    group = world.group()
    dataset = world.dataset(group)
    schema = world("DescribeDataset", datasetArn=dataset)["dataset"]["schemaArn"]
    solution = world.solution(group)
    world.version(solution)

    assert [
        refused(world, "DeleteDatasetGroup", datasetGroupArn=group),
        refused(world, "DeleteSchema", schemaArn=schema),
    ] == [
        ("ResourceInUseException", f"{group} is in use by {dataset}, {solution}."),
        ("ResourceInUseException", f"{schema} is in use by {dataset}."),
    ]


def test_a_dataset_is_not_deleted_while_something_reads_it(world: World) -> None:
    group = world.group()
    dataset = world.dataset(group)
    solution = world.solution(group)
    world.fake.held = True
    version = world("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"]

    assert refused(world, "DeleteDataset", datasetArn=dataset) == (
        "ResourceInUseException",
        f"{dataset} is in use by {version}.",
    )
    world.fake.held = False
    world.idle()
    assert world("DeleteDataset", datasetArn=dataset) == {}


def test_a_deleted_dataset_takes_its_rows_and_its_jobs_with_it(world: World) -> None:
    group = world.group()
    dataset = world.dataset(group)
    job = world.imported(dataset)
    tracking = world("CreateEventTracker", name="web", datasetGroupArn=group)["trackingId"]
    event = {"eventType": "View", "itemId": "i", "sentAt": START}
    world("PutEvents", trackingId=tracking, sessionId="s", userId="u", eventList=[event])
    world("DeleteDataset", datasetArn=dataset)

    assert refused(world, "DescribeDatasetImportJob", datasetImportJobArn=job)[0] == "ResourceNotFoundException"
    assert _rows(world, "events") == 0
    assert world("ListDatasets", datasetGroupArn=group) == {"datasets": []}


def _rows(world: World, table: str) -> int:
    def count(connection: Any) -> int:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608 - a table of ours

    return int(world.loop.run_until_complete(world.emulator.database.commit(count)))


def test_a_filter_is_checked_when_it_is_made(world: World) -> None:
    group = world.group()
    world.dataset(group, "Items")
    request = {"datasetGroupArn": group, "name": "f"}
    found = [
        refused(world, "CreateFilter", filterExpression=expression, **request)
        for expression in ("INCLUDE ItemID WHERE Items.COLOR IN (1)", "INCLUDE", 'EXCLUDE ItemID WHERE Users.AGE = "1"')
    ]

    assert {code for code, _ in found} == {"InvalidInputException"}
    assert all(message.startswith("Could not create filter.") for _, message in found)


def test_filters_have_quotas_on_their_fields_and_their_number(world: World) -> None:
    group = world.group()
    columns = {f"C{number}": {"type": "string", "categorical": True} for number in range(25)}
    schema = world("CreateSchema", name="wide", schema=avro("Items", ITEM_ID="string", **columns))["schemaArn"]
    world("CreateDataset", name="d", schemaArn=schema, datasetGroupArn=group, datasetType="ITEMS")

    def make(name: str, first: int, last: int) -> Any:
        where = " AND ".join(f'Items.C{number} IN ("a")' for number in range(first, last))
        expression = f"INCLUDE ItemID WHERE {where}"
        return world("CreateFilter", name=name, datasetGroupArn=group, filterExpression=expression)

    too_wide = refused(make, "wide", 0, 11)
    make("one", 0, 10)
    make("two", 10, 20)
    too_many_fields = refused(make, "three", 20, 21)
    for number in range(28):
        make(f"more-{number}", 0, 1)

    assert too_wide[0] == too_many_fields[0] == "LimitExceededException"
    assert "11 distinct fields; at most 10" in too_wide[1]
    assert "21 distinct fields; at most 20" in too_many_fields[1]
    assert refused(make, "last", 0, 1) == (
        "LimitExceededException",
        "Cannot create a filter. More than 30 resources in ACTIVE state. Please delete some and try again.",
    )


def test_names_are_unique_where_arns_do_not_have_them(world: World) -> None:
    groups = [world.group("a"), world.group("b")]
    dataset = world.dataset(groups[0])
    schema = world("DescribeDataset", datasetArn=dataset)["dataset"]["schemaArn"]
    tracker = world("CreateEventTracker", name="web", datasetGroupArn=groups[0])["eventTrackerArn"]
    solution = world.solution(groups[0])
    version = world.version(solution, name="monday")

    assert [
        _create_dataset(world, groups[1], schema, "INTERACTIONS", "a-Interactions"),
        refused(world, "CreateEventTracker", name="web", datasetGroupArn=groups[1]),
        refused(world, "CreateSolutionVersion", solutionArn=solution, name="monday"),
    ] == [
        ("ResourceAlreadyExistsException", f"Another resource with name a-Interactions already exists: {dataset}."),
        ("ResourceAlreadyExistsException", f"Another resource with name web already exists: {tracker}."),
        ("ResourceAlreadyExistsException", f"Another resource with name monday already exists: {version}."),
    ]


def test_serving_hears_of_what_time_changed(slow: World) -> None:
    group = slow.group()
    slow.advance(30)
    dataset = slow.dataset(group, "Users")
    slow.advance(30)
    wider = json.loads(SCHEMAS["Users"])
    wider["fields"].append({"name": "CITY", "type": ["null", "string"]})
    new = slow("CreateSchema", name="wider", schema=json.dumps(wider))["schemaArn"]
    slow("UpdateDataset", datasetArn=dataset, schemaArn=new)
    live = slow.emulator.live
    slow.loop.run_until_complete(live.group(group, lambda: datasets.described(slow.emulator, group)))
    before = live.is_fresh(group)
    slow.advance(30)

    assert (before, live.is_fresh(group)) == (True, False)


def test_a_region_has_five_groups(world: World) -> None:
    for number in range(5):
        world.group(f"group-{number}")

    assert refused(world.group, "group-5")[0] == "LimitExceededException"


def test_filters_go_with_their_group(world: World) -> None:
    group = world.group()
    dataset = world.dataset(group, "Items")
    expression = 'INCLUDE ItemID WHERE Items.GENRES IN ("a")'
    made = world("CreateFilter", name="f", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    world("DeleteDataset", datasetArn=dataset)
    world("DeleteDatasetGroup", datasetGroupArn=group)

    assert refused(world, "DescribeFilter", filterArn=made)[0] == "ResourceNotFoundException"
