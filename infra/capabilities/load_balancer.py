"""The load balancer in front of the collector's containers: TLS alone, and only to tasks that take events."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from infra.capabilities.collector_network import HTTPS, CollectorNetwork
from infra.capabilities.collector_service import LEAVING_SECONDS, PORT, CollectorService
from infra.config import Config

IDLE_SECONDS: Final = 60
"""How long a silent connection is kept; the server keeps its end for longer, or requests would meet a closed one."""
PATHS: Final = ("/v1/events", "/v1/pixel", "/health", "/ready", "/openapi.json")
"""What is let through: `/metrics` is nobody's outside."""
_NOT_FOUND: Final = 404


class CollectorLoadBalancer(Construct):
    """There is no port 80: a write key that was sent in the clear has been read already."""

    def __init__(
        self, scope: Construct, id_: str, *, config: Config, network: CollectorNetwork, containers: CollectorService
    ) -> None:
        super().__init__(scope, id_)
        self.resource = elb.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            load_balancer_name=config.name("collector"),
            vpc=network.vpc,
            internet_facing=True,
            security_group=self._group(network),
            drop_invalid_header_fields=True,
            idle_timeout=cdk.Duration.seconds(IDLE_SECONDS),
            deletion_protection=config.keep_data,
        )
        listener = self.resource.add_listener(
            "Tls",
            port=HTTPS,
            protocol=elb.ApplicationProtocol.HTTPS,
            certificates=[elb.ListenerCertificate.from_arn(config.collector.certificate_arn)],
            ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
            open=False,
            default_action=elb.ListenerAction.fixed_response(_NOT_FOUND),
        )
        self.targets = self._targets(listener, containers)

    def _group(self, network: CollectorNetwork) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self, "Public", vpc=network.vpc, description="Shoppers to the collector", allow_all_outbound=False
        )
        group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "shoppers")
        return group

    def _targets(self, listener: elb.ApplicationListener, containers: CollectorService) -> elb.ApplicationTargetGroup:
        return listener.add_targets(
            "Tasks",
            priority=1,
            conditions=[elb.ListenerCondition.path_patterns([*PATHS])],
            port=PORT,
            protocol=elb.ApplicationProtocol.HTTP,
            targets=[containers.service],
            deregistration_delay=cdk.Duration.seconds(LEAVING_SECONDS),
            load_balancing_algorithm_type=elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
            health_check=elb.HealthCheck(
                path="/ready",
                healthy_http_codes="200",
                interval=cdk.Duration.seconds(10),
                timeout=cdk.Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=2,
            ),
        )
