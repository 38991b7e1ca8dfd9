"""Synthesizes the stacks of a stage: `python -m infra.app --stage dev`; no cdk CLI, Docker or account."""

import argparse
import dataclasses
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.assets import ROOT, package
from infra.config import STAGES, Config
from infra.stacks.collector import CollectorStack
from infra.stacks.data import DataStack
from infra.stacks.processing import ProcessingStack, Sources
from infra.vendored import ensure_vendored
from infra.wheels import ensure_wheels

FLAGS = {
    # Without it CDK asks for log delivery by ACL, which buckets that enforce their owner refuse.
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wheels:
    """What AWS lacks of packages: zips that were downloaded before."""

    glue: Path
    functions: dict[str, Path]
    """By the name that a function.yaml has for its zip."""


def build(config: Config, outdir: Path, *, wheels: Wheels | None, validate: bool = False) -> cdk.App:
    """The app of one stage, not yet synthesized.

    Without `wheels`, jobs and functions find the packages where they run. `validate` lets CDK check properties against
    CloudFormation's schemas, which costs some 5 s; cfn-lint does so in the tests.
    """
    app = cdk.App(
        outdir=str(outdir),
        analytics_reporting=False,
        context=FLAGS,
        builtin_cloud_formation_validation=validate,
    )
    data = DataStack(app, "Data", config=config)
    # Not into build/, where the packages for AWS lie: the stack copies into `outdir` what it names.
    with tempfile.TemporaryDirectory() as scratch:
        packages = package(out=Path(scratch), vendored=wheels.functions if wheels else None)
        sources = Sources(root=ROOT, packages=packages, glue_wheels=wheels.glue if wheels else None)
        processing = ProcessingStack(app, "Processing", data=data, sources=sources)
    if config.collector.entry == "fargate":
        CollectorStack(app, "Collector", data=data, alerts=processing.alerts)
    for key, value in {"project": "clickstream", "stage": config.stage, "managed-by": "cdk"}.items():
        cdk.Tags.of(app).add(key, value)
    return app


def main(argv: Sequence[str] | None = None) -> None:
    args = _parse(argv)
    config = _config(args)
    out = args.out or ROOT / "build" / "cdk" / args.stage
    # Locally jobs and functions run in this Python, which has the packages of the wheels.
    wheels = None if config.stage == "local" else Wheels(glue=ensure_wheels(), functions=ensure_vendored())
    assembly = build(config, out, wheels=wheels, validate=config.stage != "local").synth()
    for stack in assembly.stacks:
        print(f"{stack.stack_name}: {len(stack.template['Resources'])} resources, {stack.template_full_path}")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--stage", choices=STAGES, required=True)
    # The cdk CLI says where it wants the assembly by this variable.
    parser.add_argument("--out", type=Path, default=os.environ.get("CDK_OUTDIR"))
    parser.add_argument("--stream_shards", type=int, help="provision this many shards")
    parser.add_argument("--stream_retention_hours", type=int)
    parser.add_argument("--lake_partition", choices=["day", "month"], help="what a partition of the lake holds")
    parser.add_argument("--gate", help="thresholds of the quality gate that are not the usual: max_psi=0.3,warn=volume")
    parser.add_argument("--interactions_source", choices=["bulk", "stream", "both"], help="how Personalize gets them")
    parser.add_argument("--put_events_quota", type=int, help="PutEvents calls a second that your account may make")
    parser.add_argument("--monthly_cap_usd", type=int, help="what may be spent in a month")
    parser.add_argument("--alert_email", help="who is told when something fails or costs too much")
    _add_collector(parser)
    return parser.parse_args(argv)


def _add_collector(parser: argparse.ArgumentParser) -> None:
    yes_or_no = argparse.BooleanOptionalAction
    parser.add_argument("--collector", choices=["lambda", "fargate", "none"], help="what takes events over HTTP")
    parser.add_argument("--collector_origins", help="that browsers send from: https://shop.example,https://…")
    parser.add_argument("--collector_write_keys", help="their hashes, instead of the SSM parameter's")
    parser.add_argument("--collector_requests_per_second", type=int, help="of the HTTP API, in front of lambda")
    parser.add_argument("--collector_jwt_issuer", help="whose tokens senders must have")
    parser.add_argument("--collector_jwt_audience")
    parser.add_argument("--collector_truncate_ip", action=yes_or_no, help="keep the visitor's network")
    parser.add_argument("--collector_parse_user_agent", action=yes_or_no, help="keep device and platform")
    parser.add_argument("--collector_spool", action=yes_or_no, help="for fargate; without: the stream acknowledges")
    parser.add_argument("--collector_image", help="repository:tag of the account's ECR, for fargate")
    parser.add_argument("--collector_certificate_arn", help="of ACM, for fargate")


def _config(args: argparse.Namespace) -> Config:
    given: dict[str, Any] = {
        name: value for name, value in vars(args).items() if name not in {"stage", "out"} and value is not None
    }
    stage = STAGES[args.stage]
    collector = {name: given.pop(name) for name in list(given) if name.startswith("collector")}
    of_collector = {name.removeprefix("collector_"): value for name, value in collector.items() if name != "collector"}
    of_collector |= {"entry": collector["collector"]} if "collector" in collector else {}
    return dataclasses.replace(stage, collector=dataclasses.replace(stage.collector, **of_collector), **given)


if __name__ == "__main__":
    main()
