"""The network of the containers: reached through the load balancer alone, with endpoints instead of NAT."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.capabilities.collector_roles import flow_log_role
from infra.config import Config

ZONES: Final = 2
HTTPS: Final = 443

_Service = ec2.InterfaceVpcEndpointAwsService
_TASKS: Final = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


class CollectorNetwork(Construct):
    """Public subnets for the load balancer; isolated ones for tasks, whose way out are the endpoints of a few services.

    NAT would bill each gigabyte that goes to Kinesis: at a thousand requests a second several times what the
    endpoint costs.
    """

    def __init__(self, scope: Construct, id_: str, *, config: Config, stream: kinesis.IStream) -> None:
        super().__init__(scope, id_)
        self.vpc = self._vpc()
        self._flow_logs(config)
        self.tasks = self._group("Tasks", "Tasks of the collector")
        endpoints = self._group("Endpoints", "Endpoints of AWS services, for tasks of the collector")
        endpoints.add_ingress_rule(self.tasks, ec2.Port.tcp(HTTPS), "from tasks")
        self.tasks.add_egress_rule(endpoints, ec2.Port.tcp(HTTPS), "to endpoints")
        self._way_to_s3()
        self._ways(endpoints, stream, parameters=config.collector.write_keys is None)

    @property
    def task_subnets(self) -> ec2.SubnetSelection:
        """Where tasks run."""
        return _TASKS

    def _vpc(self) -> ec2.Vpc:
        return ec2.Vpc(
            self,
            "Vpc",
            max_azs=ZONES,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="LoadBalancer", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="Tasks", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22),
            ],
        )

    def _flow_logs(self, config: Config) -> None:
        group = logs.LogGroup(
            self,
            "FlowLogs",
            log_group_name=f"/aws/vpc/{config.name('collector')}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # What was refused tells of mistakes and attacks; what was let through is the access of shoppers.
        self.vpc.add_flow_log(
            "Rejected",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, flow_log_role(self)),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )

    def _group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, name, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _way_to_s3(self) -> None:
        """ECR keeps the layers of images in S3; a gateway costs nothing."""
        layers = ec2.GatewayVpcEndpointAwsService.S3
        gateway = self.vpc.add_gateway_endpoint("Layers", service=layers, subnets=[_TASKS])
        gateway.add_to_policy(
            iam.PolicyStatement(
                sid="LayersOfImages",
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject"],
                resources=[f"arn:{cdk.Aws.PARTITION}:s3:::prod-{cdk.Aws.REGION}-starport-layer-bucket/*"],
            )
        )
        # A gateway has addresses of its own, which no group stands for.
        self.tasks.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "to layers of images in S3")

    def _ways(self, group: ec2.SecurityGroup, stream: kinesis.IStream, *, parameters: bool) -> None:
        services: Mapping[str, ec2.InterfaceVpcEndpointAwsService] = {
            "Kinesis": _Service.KINESIS_STREAMS,
            "Images": _Service.ECR,
            "ImageLayers": _Service.ECR_DOCKER,
            "Logs": _Service.CLOUDWATCH_LOGS,
            **({"Parameters": _Service.SSM} if parameters else {}),
        }
        ways = {name: self._way(name, service, group) for name, service in services.items()}
        ways["Kinesis"].add_to_policy(
            iam.PolicyStatement(
                sid="TheOneStream",
                principals=[iam.AnyPrincipal()],
                actions=["kinesis:ListShards", "kinesis:PutRecords"],
                resources=[stream.stream_arn],
            )
        )

    def _way(
        self, name: str, service: ec2.InterfaceVpcEndpointAwsService, group: ec2.SecurityGroup
    ) -> ec2.InterfaceVpcEndpoint:
        return self.vpc.add_interface_endpoint(
            name, service=service, subnets=_TASKS, security_groups=[group], open=False, private_dns_enabled=True
        )
