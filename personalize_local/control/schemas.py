"""Schemas: Avro records, made at once, never changed."""

from __future__ import annotations

from typing import Any

from personalize_local.control.checks import refuse_in_use, refuse_over_most
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.emulator import Emulator
from personalize_local.limits import MAX_SCHEMAS
from personalize_local.operations import operation
from personalize_local.schemas.avro import InvalidSchema
from personalize_local.serving.datasets import parsed_schema
from personalize_local.state.resources import ACTIVE, Resource, Step
from personalize_local.wire.errors import InvalidInputException

KIND = "schema"


@operation("CreateSchema")
def create_schema(emulator: Emulator, *, name: str, schema: str, domain: Any = None) -> Answer:
    try:
        parsed_schema(schema, domain)
    except InvalidSchema as error:
        raise InvalidInputException(str(error)) from error
    refuse_over_most(emulator, KIND, MAX_SCHEMAS)
    now, arn = emulator.clock.now(), emulator.arns.of(KIND, name)
    body = {"name": name, "schemaArn": arn, "schema": schema, "domain": domain}
    emulator.resources.add(Resource(arn=arn, kind=KIND, name=name, body=body, created=now, steps=[Step(now, ACTIVE)]))
    return {"schemaArn": arn}


@operation("DescribeSchema")
def describe_schema(emulator: Emulator, *, schema_arn: str) -> Answer:
    return described(emulator, "DescribeSchema", emulator.resources.get(schema_arn, KIND))


@operation("ListSchemas")
def list_schemas(emulator: Emulator, *, next_token: str | None = None, max_results: int = MOST_OF_LIST) -> Answer:
    return listed(emulator, "ListSchemas", emulator.resources.of(KIND), next_token, max_results)


@operation("DeleteSchema")
def delete_schema(emulator: Emulator, *, schema_arn: str) -> None:
    schema = emulator.resources.get(schema_arn, KIND)
    refuse_in_use(schema, (each for each in emulator.resources.of("dataset") if _uses(each, schema_arn)))
    emulator.resources.remove(schema_arn)


def _uses(dataset: Resource, schema: str) -> bool:
    """Also when its update to this schema is on its way."""
    update = dataset.update.fields if dataset.update and not dataset.update.applied else {}
    return schema in {dataset.body["schemaArn"], update.get("schemaArn")}
