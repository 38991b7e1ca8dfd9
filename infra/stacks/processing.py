"""What moves data: delivery, catalog, jobs, functions, queries and what wakes them. Holds nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from eventbridge_rules.loading import Known, load_rules
from infra.assets import Packages
from infra.capabilities.alarms import Alarms, alerts_topic
from infra.capabilities.buckets import BUCKET_NAMES
from infra.capabilities.budget import monthly_budget
from infra.capabilities.catalog import Catalog
from infra.capabilities.consumer_alarms import watch_consumers
from infra.capabilities.delivery import RawDelivery
from infra.capabilities.foundation import Foundation
from infra.capabilities.function_spec import FunctionSpec, read_functions
from infra.capabilities.functions import Function, Surroundings
from infra.capabilities.job_spec import read_job
from infra.capabilities.jobs import Code, GlueJob
from infra.capabilities.personalize_access import personalize_role
from infra.capabilities.queries import Queries
from infra.capabilities.routing import Routing
from infra.capabilities.targets import Targets
from infra.capabilities.wheels import upload_wheels
from infra.config import Config
from infra.stacks.data import DataStack


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the data files lie that say what to deploy, and what jobs and functions import."""

    root: Path
    packages: Packages
    glue_wheels: Path | None  # None: jobs find the packages where they run


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
        role = personalize_role(self, base=base)
        functions = self._functions(base, sources, bus=bus, stream=data.stream, role=role)
        self.alerts = alerts = alerts_topic(self, base=base)
        targets = Targets(jobs=jobs, functions=functions, queues=_queues(functions), topics={"alerts": alerts}, bus=bus)
        routing = self._routing(base, targets, sources.root)
        alarms = Alarms(self, "Alarms", base=base, topic=alerts)
        alarms.watch_dead_letters(
            "undelivered",
            routing.undelivered,
            why="An event or a scheduled start reached no target; look into the queue, then redrive it.",
        )
        alarms.watch_delivery(delivery.delivery_stream)
        watch_consumers(alarms, functions, base)
        monthly_budget(self, config=config)
        self._outputs(
            {
                "DeliveryStream": delivery.delivery_stream.ref,
                "Database": config.database,
                "WorkGroup": queries.work_group.ref,
                "Bus": bus.ref,
                **{f"{name.title()}Job": job.name for name, job in jobs.items()},
                **{f"{name.title()}Workflow": job.name for name, job in jobs.items()},
                "PersonalizeRole": role.role_arn,
                **{f"{function.spec.construct}Function": function.name for function in functions.values()},
                **{
                    f"{function.spec.construct}Queue": function.queue.queue_url
                    for function in functions.values()
                    if function.queue is not None
                },
                **{
                    f"{function.spec.construct}Url": function.api.url
                    for function in functions.values()
                    if function.api is not None
                },
            }
        )

    def _jobs(self, base: Foundation, sources: Sources, bus: events.CfnEventBus) -> dict[str, GlueJob]:
        libraries = assets.Asset(self, "GlueLibraries", path=str(sources.packages.glue_jobs))
        wheels = upload_wheels(self, sources.glue_wheels) if sources.glue_wheels else None
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

    def _functions(
        self,
        base: Foundation,
        sources: Sources,
        *,
        bus: events.CfnEventBus,
        stream: kinesis.IStream,
        role: iam.Role,
    ) -> dict[str, Function]:
        specs = [spec for spec in read_functions(sources.root) if _is_wanted(spec, base.config)]
        zips = {
            name: assets.Asset(self, f"{name.title()}Zip", path=str(sources.packages.functions[name]))
            for name in sorted({spec.zip for spec in specs})
        }
        around = Surroundings(base=base, zips=zips, bus_arn=bus.attr_arn, stream=stream, personalize_role=role)
        scope = Construct(self, "Functions")
        return {spec.name: Function(scope, spec.construct, spec=spec, around=around) for spec in specs}

    def _routing(self, base: Foundation, targets: Targets, root: Path) -> Routing:
        names = base.bucket_names() | {f"job:{name}": job.name for name, job in targets.jobs.items()}
        routing = Routing(self, "Routing", config=base.config, targets=targets, names=names)
        known = Known(
            buckets=frozenset(BUCKET_NAMES),
            jobs=frozenset(targets.jobs),
            workflows=frozenset(targets.jobs),
            topics=frozenset(targets.topics),
            functions=frozenset(targets.functions),
            queues=frozenset(targets.queues),
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


def _is_wanted(spec: FunctionSpec, config: Config) -> bool:
    """Requests come to a function, or to containers in its place, or not at all."""
    return spec.source is None or spec.source.http is None or config.collector.entry == "lambda"


def _queues(functions: Mapping[str, Function]) -> dict[str, sqs.Queue]:
    """The queues that feed functions, by the name each has in its function.yaml."""
    sources = {name: function.spec.source for name, function in functions.items()}
    return {
        source.queue.name: queue
        for name, source in sources.items()
        if source is not None and source.queue is not None and (queue := functions[name].queue) is not None
    }
