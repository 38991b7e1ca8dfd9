"""The stack of the collector's containers, on the data stack alone: quick to synthesize."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sns as sns

from infra.app import FLAGS
from infra.collector_config import CollectorConfig
from infra.config import STAGES, Config
from infra.stacks.collector import CollectorStack
from infra.stacks.data import DataStack

IMAGE = "clickstream-collector:1.0"
CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d"


def in_containers(**settings: Any) -> Config:
    """Prod, with the collector in containers."""
    collector = CollectorConfig(entry="fargate", image=IMAGE, certificate_arn=CERTIFICATE, **settings)
    return dataclasses.replace(STAGES["prod"], collector=collector)


def collector_app(folder: Path, config: Config) -> cdk.App:
    """Not yet synthesized; alerts go to a topic that is there already."""
    app = cdk.App(
        outdir=str(folder), analytics_reporting=False, context=FLAGS, builtin_cloud_formation_validation=False
    )
    data = DataStack(app, "Data", config=config)
    alerts = sns.Topic.from_topic_arn(data, "Alerts", "arn:aws:sns:eu-west-1:111122223333:alerts")
    CollectorStack(app, "Collector", data=data, alerts=alerts)
    return app
