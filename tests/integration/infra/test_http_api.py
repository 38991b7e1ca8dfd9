"""The HTTP API of the collector passes on what it should, holds back floods, and writes down nobody's address."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from infra.app import Wheels, build
from infra.assembly import Assembly, read_assembly
from infra.collector_config import CollectorConfig
from infra.config import STAGES
from tests.support.collector_stack import CERTIFICATE, IMAGE

pytestmark = pytest.mark.integration

ROUTES = {
    *("POST /v1/events", "ANY /v1/events", "ANY /v1/pixel"),
    *("ANY /health", "ANY /ready", "ANY /openapi.json"),
}


def synthesized(folder: Path, wheels: Wheels, **settings: Any) -> Assembly:
    config = dataclasses.replace(STAGES["dev"], collector=CollectorConfig(**settings))
    build(config, folder, wheels=wheels).synth()
    return read_assembly(folder)


def authorized(assembly: Assembly) -> dict[str, str]:
    return {
        route.properties["RouteKey"]: route.properties["AuthorizationType"]
        for route in assembly.of_type("AWS::ApiGatewayV2::Route")
    }


def test_the_collectors_addresses_are_passed_on_with_any_method_and_its_metrics_are_not(prod: Assembly) -> None:
    [api] = prod.of_type("AWS::ApiGatewayV2::Api")
    [integration] = prod.of_type("AWS::ApiGatewayV2::Integration")

    assert authorized(prod) == dict.fromkeys(ROUTES, "NONE")
    # Its rules for pages of other origins are the function's, as they are the container's.
    assert "CorsConfiguration" not in api.properties
    assert (integration.properties["IntegrationType"], integration.properties["PayloadFormatVersion"]) == (
        "AWS_PROXY",
        "2.0",
    )
    assert prod.render(integration.properties["IntegrationUri"]) == "<FunctionsCollectorFunction.Arn>"


def test_a_flood_is_held_back_and_the_log_of_requests_names_nobody(prod: Assembly) -> None:
    [stage] = prod.of_type("AWS::ApiGatewayV2::Stage")
    logged = json.loads(stage.properties["AccessLogSettings"]["Format"])

    assert stage.properties["DefaultRouteSettings"] == {
        "DetailedMetricsEnabled": False,
        "ThrottlingBurstLimit": 1_000,
        "ThrottlingRateLimit": 1_000,
    }
    assert [
        word for word in str(logged).split("$context.") if word.startswith(("identity", "path", "authorizer"))
    ] == []
    assert logged["status"] == "$context.status"


def test_the_hashes_of_the_keys_are_read_from_a_parameter_that_no_template_makes(prod: Assembly) -> None:
    [variables] = [
        function.properties["Environment"]["Variables"]
        for function in prod.of_type("AWS::Lambda::Function")
        if function.properties["FunctionName"] == "clickstream-prod-collector"
    ]

    assert variables["COLLECTOR_WRITE_KEYS_PARAMETER"] == "/clickstream-prod/collector-write-keys"
    assert variables["COLLECTOR_WRITE_KEYS"] == ""
    assert prod.of_type("AWS::SSM::Parameter") == []


def test_with_an_issuer_events_take_a_token_and_preflights_do_not(tmp_path: Path, wheels: Wheels) -> None:
    assembly = synthesized(
        tmp_path, wheels, jwt_issuer="https://login.example", jwt_audience="events", requests_per_second=50
    )
    [authorizer] = assembly.of_type("AWS::ApiGatewayV2::Authorizer")
    [stage] = assembly.of_type("AWS::ApiGatewayV2::Stage")

    assert authorized(assembly) == {**dict.fromkeys(ROUTES, "NONE"), "POST /v1/events": "JWT"}
    assert authorizer.properties["JwtConfiguration"] == {"Audience": ["events"], "Issuer": "https://login.example"}
    assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50


def test_where_containers_take_the_requests_there_is_no_function_for_them(tmp_path: Path, wheels: Wheels) -> None:
    assembly = synthesized(tmp_path, wheels, entry="fargate", image=IMAGE, certificate_arn=CERTIFICATE)

    assert assembly.of_type("AWS::ApiGatewayV2::Api") == []
    assert "clickstream-dev-collector" not in {
        function.properties["FunctionName"] for function in assembly.of_type("AWS::Lambda::Function")
    }
    [told] = assembly.templates["Collector"]["Outputs"].keys() & {"CollectorHost"}
    assert told == "CollectorHost"
    alarms = [alarm for alarm in assembly.of_type("AWS::CloudWatch::Alarm") if alarm.address.stack == "Collector"]
    assert {assembly.render(to) for alarm in alarms for to in alarm.properties["AlarmActions"]} == {"<Alerts>"}


def test_a_stage_may_have_no_collector(tmp_path: Path, wheels: Wheels) -> None:
    assembly = synthesized(tmp_path, wheels, entry="none")

    assert set(assembly.templates) == {"Data", "Processing"}
    assert assembly.of_type("AWS::ApiGatewayV2::Api") == []
