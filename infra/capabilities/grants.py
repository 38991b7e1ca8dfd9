"""From what a job or function reads and writes to exactly the permissions that takes."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from infra.capabilities.buckets import BUCKET_NAMES, BucketName
from infra.capabilities.foundation import Foundation
from infra.capabilities.job_spec import Location
from infra.config import Config

EVENT_SOURCE = "clickstream.files"
"""The one source a job may name in events of its own."""

REPLACE = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
"""What Spark and its committers do with objects."""

PUT = ("s3:PutObject",)
"""What a function does: it writes an object whole, and never takes one away."""


def service_role_principal(service: str) -> iam.IPrincipal:
    """A service acting for this account, and for no other that names our role."""
    return iam.ServicePrincipal(
        f"{service}.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
    )


def storage_grants(
    *, reads: Sequence[Location], writes: Sequence[Location], base: Foundation, write_actions: Sequence[str] = REPLACE
) -> list[iam.PolicyStatement]:
    """Statements for objects, listings and the key; one a kind, each empty kind left out."""
    buckets = base.buckets
    return [
        *_objects("ReadObjects", ["s3:GetObject"], reads, buckets),
        *_objects("WriteObjects", write_actions, writes, buckets),
        *_listings([*reads, *writes], buckets),
        *_key("DecryptWhatIsRead", ["kms:Decrypt"], reads, base),
        # A multipart upload decrypts its own parts when it completes.
        *_key("EncryptWhatIsWritten", ["kms:GenerateDataKey", "kms:Decrypt"], writes, base),
    ]


def publish_grants(buses: Sequence[str], sources: Sequence[str] = (EVENT_SOURCE,)) -> list[iam.PolicyStatement]:
    """A statement for putting events of these sources on these buses, by ARN; none for none."""
    # A request carries a list of sources, so the condition is one on all of them.
    named = sources[0] if len(sources) == 1 else list(sources)
    conditions = {"ForAllValues:StringEquals": {"events:source": named}}
    put = iam.PolicyStatement(sid="PublishEvents", actions=["events:PutEvents"], conditions=conditions)
    put.add_resources(*buses)
    return [put] if buses else []


def put_records_grants(stream: kinesis.IStream, key: kms.IKey) -> list[iam.PolicyStatement]:
    """What a producer may do: put records on the one stream, which is encrypted, and see how its shards are cut."""
    conditions = {
        "StringEquals": {
            "kms:ViaService": f"kinesis.{cdk.Aws.REGION}.amazonaws.com",
            "kms:EncryptionContext:aws:kinesis:arn": stream.stream_arn,
        }
    }
    return [
        iam.PolicyStatement(
            sid="PutEvents", actions=["kinesis:ListShards", "kinesis:PutRecords"], resources=[stream.stream_arn]
        ),
        iam.PolicyStatement(
            sid="EncryptEvents", actions=["kms:GenerateDataKey"], resources=[key.key_arn], conditions=conditions
        ),
    ]


def parameter_arn(config: Config, name: str) -> str:
    """A parameter of SSM that belongs to the stage."""
    return f"arn:{cdk.Aws.PARTITION}:ssm:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:parameter{config.parameter(name)}"


def _objects(
    sid: str, actions: Sequence[str], locations: Sequence[Location], buckets: Mapping[BucketName, s3.IBucket]
) -> list[iam.PolicyStatement]:
    resources = [buckets[at.bucket].arn_for_objects(f"{at.prefix}*") for at in locations]
    return [iam.PolicyStatement(sid=sid, actions=list(actions), resources=resources)] if resources else []


def _listings(locations: Sequence[Location], buckets: Mapping[BucketName, s3.IBucket]) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            sid=f"List{name.title().replace('-', '')}",
            actions=["s3:ListBucket"],
            resources=[buckets[name].bucket_arn],
            # IfExists: HEAD of a missing key sends no prefix, and S3 answers it 404 only to those who
            # may list. S3A probes every new folder that way and would fail on a 403.
            conditions={"StringLikeIfExists": {"s3:prefix": prefixes}},
        )
        for name in BUCKET_NAMES
        if (prefixes := sorted({f"{at.prefix}*" for at in locations if at.bucket == name}))
    ]


def _key(sid: str, actions: list[str], locations: Sequence[Location], base: Foundation) -> list[iam.PolicyStatement]:
    used = [name for name in BUCKET_NAMES if name in {at.bucket for at in locations}]
    return [use_of_key(sid, actions, used, base)] if used else []


def use_of_key(sid: str, actions: list[str], buckets: Sequence[BucketName], base: Foundation) -> iam.PolicyStatement:
    """Use of the data key by S3 alone, for objects of these buckets alone."""
    # The encryption context names the bucket where bucket keys are in use, else the object.
    context = [
        arn for name in buckets for arn in (base.buckets[name].bucket_arn, base.buckets[name].arn_for_objects("*"))
    ]
    conditions = {
        "StringEquals": {"kms:ViaService": f"s3.{cdk.Aws.REGION}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": context},
    }
    return iam.PolicyStatement(sid=sid, actions=actions, resources=[base.key.key_arn], conditions=conditions)
