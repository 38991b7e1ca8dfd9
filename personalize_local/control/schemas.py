"""Schemas: Avro records, made at once, never changed."""

from __future__ import annotations

from typing import Any

from personalize_local.control.describing import page, shown
from personalize_local.emulator import Emulator
from personalize_local.limits import MAX_SCHEMAS
from personalize_local.operations import operation
from personalize_local.schemas.avro import InvalidSchema, parse_schema
from personalize_local.state.resources import ACTIVE, Resource, Step
from personalize_local.wire.errors import InvalidInputException, LimitExceededException, ResourceInUseException


@operation("CreateSchema")
def create_schema(emulator: Emulator, *, name: str, schema: str, domain: str | None = None) -> dict[str, Any]:
    try:
        parse_schema(schema, domain)  # type: ignore[arg-type]  # the wire checked the enum
    except InvalidSchema as error:
        raise InvalidInputException(str(error)) from error
    if len(emulator.resources.of("schema")) >= MAX_SCHEMAS:
        raise LimitExceededException(f"More than {MAX_SCHEMAS} schemas. Please delete some and try again.")
    now = emulator.clock.now()
    created = Resource(
        arn=emulator.arns.of("schema", name),
        kind="schema",
        name=name,
        body={"name": name, "schemaArn": emulator.arns.of("schema", name), "schema": schema, "domain": domain},
        created=now,
        steps=[Step(now, ACTIVE)],
    )
    emulator.resources.add(created)
    return {"schemaArn": created.arn}


@operation("DescribeSchema")
def describe_schema(emulator: Emulator, *, schema_arn: str) -> dict[str, Any]:
    return {"schema": shown(emulator, emulator.resources.get(schema_arn, "schema"), status=False)}


@operation("ListSchemas")
def list_schemas(emulator: Emulator, *, next_token: str | None = None, max_results: int = 100) -> dict[str, Any]:
    found, token = page(emulator.resources.of("schema"), next_token, max_results)
    without = {"schema"}
    return {
        "schemas": [shown(emulator, each, status=False, without=without) for each in found],
        "nextToken": token,
    }


@operation("DeleteSchema")
def delete_schema(emulator: Emulator, *, schema_arn: str) -> None:
    emulator.resources.get(schema_arn, "schema")
    users = [each.arn for each in emulator.resources.of("dataset") if each.body["schemaArn"] == schema_arn]
    if users:
        raise ResourceInUseException(f"Schema {schema_arn} is in use by {', '.join(users)}.")
    emulator.resources.remove(schema_arn)
