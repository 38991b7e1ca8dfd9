"""What moves data: delivery, catalog, jobs, queries and what wakes them. Holds nothing itself."""

from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from eventbridge_rules.loading import Known, load_rules
from infra.capabilities.alarms import Alarms, alerts_topic
from infra.capabilities.buckets import BUCKET_NAMES
from infra.capabilities.catalog import Catalog
from infra.capabilities.delivery import RawDelivery
from infra.capabilities.foundation import Foundation
from infra.capabilities.job_spec import read_job
from infra.capabilities.jobs import Code, GlueJob
from infra.capabilities.queries import Queries
from infra.capabilities.routing import Routing, Targets
from infra.capabilities.wheels import upload_wheels
from infra.stacks.data import DataStack


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the data files lie that say what to deploy, and what the jobs import."""

    root: Path
    glue_zip: Path
    wheels: Path | None  # None: jobs find the packages where they run


class ProcessingStack(cdk.Stack):
    """Everything between the stream and a query, built from the data files under `root`."""

    def __init__(self, scope: Construct, id_: str, *, data: DataStack, sources: Sources) -> None:
        base = data.foundation
        config = base.config
        super().__init__(scope, id_, stack_name=config.name("processing"))
        delivery = RawDelivery(self, "RawDelivery", base=base, stream=data.stream)
        tables = sources.root / "contract" / "generated" / "tables.json"
        Catalog(self, "Catalog", base=base, tables=tables)
        queries = Queries(self, "Queries", base=base)
        bus = events.CfnEventBus(self, "EventBus", name=config.deployment)
        jobs = self._jobs(base, sources, bus)
        alerts = alerts_topic(self, base=base)
        routing = self._routing(base, Targets(jobs=jobs, topics={"alerts": alerts}, bus=bus), sources.root)
        alarms = Alarms(self, "Alarms", base=base, topic=alerts)
        alarms.watch_dead_letters(routing.undelivered)
        alarms.watch_delivery(delivery.delivery_stream)
        self._outputs(
            {
                "DeliveryStream": delivery.delivery_stream.ref,
                "Database": config.database,
                "WorkGroup": queries.work_group.ref,
                "Bus": bus.ref,
                **{f"{name.title()}Job": job.name for name, job in jobs.items()},
                **{f"{name.title()}Workflow": job.name for name, job in jobs.items()},
            }
        )

    def _jobs(self, base: Foundation, sources: Sources, bus: events.CfnEventBus) -> dict[str, GlueJob]:
        libraries = assets.Asset(self, "GlueLibraries", path=str(sources.glue_zip))
        wheels = upload_wheels(self, sources.wheels) if sources.wheels else None
        jobs = {}
        for path in sorted((sources.root / "glue_jobs").glob("*/job.yaml")):
            spec = read_job(path)
            jobs[spec.name] = GlueJob(
                self,
                f"{spec.name.title().replace('-', '')}GlueJob",
                base=base,
                spec=spec,
                code=Code(
                    script=path.parent / spec.script, libraries=libraries, wheels=wheels if spec.wheels else None
                ),
                buses={"clickstream": bus.attr_arn},
            )
        return jobs

    def _routing(self, base: Foundation, targets: Targets, root: Path) -> Routing:
        names = base.bucket_names() | {f"job:{name}": job.name for name, job in targets.jobs.items()}
        routing = Routing(self, "Routing", config=base.config, targets=targets, names=names)
        known = Known(
            buckets=frozenset(BUCKET_NAMES),
            jobs=frozenset(targets.jobs),
            workflows=frozenset(targets.jobs),
            topics=frozenset(targets.topics),
        )
        loaded = load_rules(known=known, folder=root / "eventbridge_rules")
        for rule in loaded.rules:
            routing.add_rule(rule)
        for schedule in loaded.schedules:
            routing.add_schedule(schedule)
        return routing

    def _outputs(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            cdk.CfnOutput(self, name, value=value)
