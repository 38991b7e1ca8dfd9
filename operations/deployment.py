"""What is deployed where: the names that the stacks give out, the same on AWS and locally."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError

from consumers.state_table import DynamoDBState, StateTable
from contract.errors import ConfigurationError
from glue_jobs.store import S3Store

STACKS = ("data", "processing")
RAW_KEPT = timedelta(days=25)
"""How long raw and the quarantine keep events, as their buckets' lifecycle has it."""
_FUNCTION = "Function"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Names of one stage's parts; fields are the stacks' outputs.

    `functions`: by the name in the output ("Realtime", "PersonalizeSync"), the physical name.
    """

    stage: str
    raw_bucket: str
    lake_bucket: str
    quarantine_bucket: str
    personalize_bucket: str
    stream_name: str = ""
    database: str = ""
    work_group: str = ""
    jobs: tuple[str, ...] = ()  # events and the three for files
    state_table: str = ""
    features_table: str = ""
    catalog_queue: str = ""  # URL
    collector_url: str = ""  # of the HTTP API; none where containers take the requests
    personalize_role: str = ""  # ARN
    functions: Mapping[str, str] = field(default_factory=dict)
    interactions_source: str = "both"  # bulk, stream or both

    @property
    def name(self) -> str:
        """What names of its parts, in Personalize too, begin with."""
        return f"clickstream-{self.stage}"

    def raw(self) -> S3Store:
        """Below the events' prefix."""
        return S3Store(boto3.client("s3"), self.raw_bucket, "events/")

    def raw_root(self) -> S3Store:
        """The whole bucket, with the snapshots of the catalog."""
        return S3Store(boto3.client("s3"), self.raw_bucket, "")

    def personalize(self) -> S3Store:
        return S3Store(boto3.client("s3"), self.personalize_bucket, "")

    def lake(self) -> S3Store:
        return S3Store(boto3.client("s3"), self.lake_bucket, "")

    def quarantine(self) -> S3Store:
        return S3Store(boto3.client("s3"), self.quarantine_bucket, "")

    def state(self) -> StateTable:
        """The consumers' facts. Raises ConfigurationError where the stage has no consumers."""
        if not self.state_table:
            raise ConfigurationError(f"{self.name} has no state table: it was deployed without consumers")
        return DynamoDBState(boto3.resource("dynamodb").Table(self.state_table))


def find_deployment(stage: str) -> Deployment:
    """From the outputs of the stage's stacks. Raises ConfigurationError where they are not deployed."""
    cloudformation = boto3.client("cloudformation")
    outputs: dict[str, str] = {}
    for part in STACKS:
        outputs |= _outputs(cloudformation, f"clickstream-{stage}-{part}")
    functions = {name.removesuffix(_FUNCTION): value for name, value in outputs.items() if name.endswith(_FUNCTION)}
    return Deployment(
        stage=stage,
        raw_bucket=outputs["RawBucket"],
        lake_bucket=outputs["LakeBucket"],
        quarantine_bucket=outputs["QuarantineBucket"],
        personalize_bucket=outputs["PersonalizeBucket"],
        stream_name=outputs["StreamName"],
        database=outputs["Database"],
        work_group=outputs["WorkGroup"],
        jobs=tuple(outputs[f"{name}Job"] for name in ("Events", "Items", "Users", "Interactions")),
        state_table=outputs.get("StateTable", ""),
        features_table=outputs.get("FeaturesTable", ""),
        catalog_queue=outputs.get("CatalogQueue", ""),
        collector_url=outputs.get("CollectorUrl", ""),
        personalize_role=outputs.get("PersonalizeRole", ""),
        functions=functions,
        # As the function that sends events to Personalize was told.
        interactions_source=told(functions["Realtime"])["INTERACTIONS_SOURCE"] if "Realtime" in functions else "both",
    )


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        raise ConfigurationError(
            f"stack {stack} is not deployed ({error}); locally `make demo` or `make up` does, on AWS `make deploy`"
        ) from error
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}


def told(function: str) -> Mapping[str, str]:
    """A function's environment, by its physical name."""
    found: Mapping[str, str] = boto3.client("lambda").get_function_configuration(FunctionName=function)["Environment"][
        "Variables"
    ]
    return found
