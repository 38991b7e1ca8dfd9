"""An HTTP API in front of one function: its routes, how many requests it lets through, what it writes down."""

import json
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.capabilities.function_spec import HttpSource
from infra.config import Config

TIMEOUT_MS: Final = 29_000  # an HTTP API waits 30 seconds at most
STAGE: Final = "$default"

_LOGGED: Final = {
    "time": "$context.requestTime",
    "request": "$context.requestId",
    "route": "$context.routeKey",  # no path, query or address: they tell who somebody is
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "function_ms": "$context.integrationLatency",
    "error": "$context.error.message",
    "function_error": "$context.integrationErrorMessage",
}


class HttpApi(Construct):
    """Passes requests on as they are: the function answers preflights and wrong methods itself, as it does anywhere."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        source: HttpSource,
        function: lambda_.CfnFunction,
        config: Config,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._name = config, name
        self.resource = gateway.CfnApi(self, "Api", name=name, protocol_type="HTTP", description=function.description)
        integration = self._integration(function)
        authorizer = self._authorizer() if config.collector.jwt_issuer and source.jwt else None
        for route in source.routes:
            self._route(route, integration, authorizer if route in source.jwt else None)
        self._stage()
        self._admit(function)

    @property
    def url(self) -> str:
        """Where requests go, without a slash at the end."""
        return self.resource.attr_api_endpoint

    def _integration(self, function: lambda_.CfnFunction) -> gateway.CfnIntegration:
        return gateway.CfnIntegration(
            self,
            "Function",
            api_id=self.resource.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.attr_arn,
            payload_format_version="2.0",
            timeout_in_millis=TIMEOUT_MS,
        )

    def _authorizer(self) -> gateway.CfnAuthorizer:
        collector = self._config.collector
        return gateway.CfnAuthorizer(
            self,
            "Tokens",
            api_id=self.resource.ref,
            name=f"{self._name}-tokens",
            authorizer_type="JWT",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=gateway.CfnAuthorizer.JWTConfigurationProperty(
                issuer=collector.jwt_issuer, audience=[collector.jwt_audience]
            ),
        )

    def _route(self, route: str, integration: gateway.CfnIntegration, authorizer: gateway.CfnAuthorizer | None) -> None:
        method, _, path = route.partition(" ")
        words = "".join(word.title() for word in path.replace(".", "/").split("/"))
        gateway.CfnRoute(
            self,
            f"{method.title()}{words}",
            api_id=self.resource.ref,
            route_key=route,
            target=f"integrations/{integration.ref}",
            authorization_type="JWT" if authorizer else "NONE",
            authorizer_id=authorizer.ref if authorizer else None,
        )

    def _stage(self) -> None:
        rate = self._config.collector.requests_per_second
        gateway.CfnStage(
            self,
            "Stage",
            api_id=self.resource.ref,
            stage_name=STAGE,
            auto_deploy=True,
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=self._access_logs().attr_arn, format=json.dumps(_LOGGED, separators=(",", ":"))
            ),
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=rate, throttling_burst_limit=rate, detailed_metrics_enabled=False
            ),
        )

    def _access_logs(self) -> logs.CfnLogGroup:
        group = logs.CfnLogGroup(
            self,
            "AccessLogs",
            # Groups below this prefix take no room in the account's one policy for deliveries of logs.
            log_group_name=f"/aws/vendedlogs/{self._name}",
            retention_in_days=self._config.log_days,
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return group

    def _admit(self, function: lambda_.CfnFunction) -> None:
        account = f"arn:{cdk.Aws.PARTITION}:execute-api:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
        lambda_.CfnPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=function.ref,
            principal="apigateway.amazonaws.com",
            source_arn=f"{account}:{self.resource.ref}/*/*",  # any stage, of which there is one, and any route
        )
