"""The collector as containers behind a load balancer: the way for a steady, high rate."""

import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.capabilities.alarms import Alarm, Alarms, metric
from infra.capabilities.collector_network import CollectorNetwork
from infra.capabilities.collector_service import CollectorService, Sending
from infra.capabilities.load_balancer import CollectorLoadBalancer
from infra.stacks.data import DataStack


class CollectorStack(cdk.Stack):
    """Network, tasks and load balancer. It holds nothing for long: a spool lives as long as its task."""

    def __init__(self, scope: Construct, id_: str, *, data: DataStack, alerts: sns.ITopic) -> None:
        base = data.foundation
        config = base.config
        super().__init__(scope, id_, stack_name=config.name("collector"))
        network = CollectorNetwork(self, "Network", config=config, stream=data.stream)
        sending = Sending(stream=data.stream, key=base.key)
        containers = CollectorService(self, "Containers", config=config, network=network, sending=sending)
        front = CollectorLoadBalancer(self, "Front", config=config, network=network, containers=containers)
        _watch(Alarms(self, "Alarms", base=base, topic=alerts), front)
        cdk.CfnOutput(self, "CollectorHost", value=front.resource.load_balancer_dns_name)


def _watch(alarms: Alarms, front: CollectorLoadBalancer) -> None:
    """Tasks that take nothing, and requests that got no answer of theirs."""
    balancer = front.resource.load_balancer_full_name
    both = {"LoadBalancer": balancer, "TargetGroup": front.targets.target_group_full_name}
    alarms.add(
        Alarm(
            name="collector-unready",
            why="Tasks of the collector take no events: /ready says why, their log says more.",
            metric=metric("AWS/ApplicationELB", "UnHealthyHostCount", "Minimum", both),
            periods=2,
        )
    )
    alarms.add(
        Alarm(
            name="collector-unanswered",
            why="The load balancer answered for tasks that did not: events were refused, their senders try again.",
            metric=metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", {"LoadBalancer": balancer}),
            above=100,
        )
    )
