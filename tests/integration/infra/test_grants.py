"""A job may do what its job.yaml says, and nothing else: every read and write has its grant, and the reverse."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.assembly import Assembly
from infra.assets import ROOT
from tests.support.role_grants import Grant, granted

pytestmark = pytest.mark.integration

JOBS = sorted((ROOT / "glue_jobs").glob("*/job.yaml"))
CONSTRUCTS = {
    "raw": "BucketsRaw",
    "lake": "BucketsLake",
    "quarantine": "BucketsQuarantine",
    "personalize": "BucketsPersonalize",
    "athena-results": "BucketsAthenaResults",
}
BUSES = {"clickstream": "<EventBus.Arn>"}
WRITE_ACTIONS = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
LOG_ACTIONS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
LOGS = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws-glue/*"


def arn(location: dict[str, str]) -> str:
    return f"<{CONSTRUCTS[location['bucket']]}.Arn>"


def declared(job: dict[str, Any]) -> Iterator[Grant]:
    """What the reads and writes of a job.yaml take."""
    prefixes = defaultdict(set)
    for location in job["reads"]:
        yield "s3:GetObject", f"{arn(location)}/{location['prefix']}*", ""
    for location in job["writes"]:
        for action in WRITE_ACTIONS:
            yield action, f"{arn(location)}/{location['prefix']}*", ""
    for location in [*job["reads"], *job["writes"]]:
        prefixes[arn(location)].add(f"{location['prefix']}*")
    for bucket, under in prefixes.items():
        yield "s3:ListBucket", bucket, f"StringLikeIfExists s3:prefix: {' '.join(sorted(under))}"
    yield "kms:Decrypt", "<DataKey.Arn>", for_buckets(job["reads"])
    yield "kms:Decrypt", "<DataKey.Arn>", for_buckets(job["writes"])
    yield "kms:GenerateDataKey", "<DataKey.Arn>", for_buckets(job["writes"])
    for bus in job.get("publishes", []):
        yield "events:PutEvents", BUSES[bus], "ForAllValues:StringEquals events:source: clickstream.files"


def for_buckets(locations: list[dict[str, str]]) -> str:
    buckets = {arn(location) for location in locations}
    objects = " ".join(sorted({*buckets, *(f"{bucket}/*" for bucket in buckets)}))
    via = "s3.<AWS::Region>.amazonaws.com"
    return f"StringEquals kms:ViaService: {via}; StringLike kms:EncryptionContext:aws:s3:arn: {objects}"


def to_run(assembly: Assembly, construct: str, job: dict[str, Any]) -> Iterator[Grant]:
    """What every job takes besides: its own code, and somewhere to log."""
    [resource] = [r for r in assembly.of_type("AWS::Glue::Job") if r.address.name == construct]
    arguments = resource.properties["DefaultArguments"]
    code = [resource.properties["Command"]["ScriptLocation"], arguments["--extra-py-files"]]
    if "wheels" in job:
        code.append(arguments["--additional-python-modules"])
    for uri in code:
        yield "s3:GetObject", assembly.render(uri).replace("s3://", "arn:<AWS::Partition>:s3:::"), ""
    for action in LOG_ACTIONS:
        yield action, LOGS, ""


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.parent.name)
def test_a_job_may_do_exactly_what_it_declares(prod: Assembly, path: Path) -> None:
    job = yaml.safe_load(path.read_text())
    construct = f"{job['name'].title().replace('-', '')}GlueJob"

    grants = granted(prod, f"{construct}Role")

    assert grants == {*declared(job), *to_run(prod, construct, job)}


def test_no_job_role_takes_permissions_from_anywhere_else(prod: Assembly) -> None:
    roles = {role.address.name: role.properties for role in prod.of_type("AWS::IAM::Role")}
    bucket_grants = [
        statement
        for policy in prod.of_type("AWS::S3::BucketPolicy")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and "Service" not in statement["Principal"]
    ]

    assert [name for name, role in roles.items() if {"Policies", "ManagedPolicyArns"} & set(role)] == []
    assert bucket_grants == []


def test_firehose_may_write_raw_objects_and_read_the_stream_and_nothing_else(prod: Assembly) -> None:
    key, raw = "<DataKey.Arn>", {"bucket": "raw"}
    storage = {
        (f"s3:{action}", f"{arn(raw)}/{prefix}/*", "")
        for action in ("PutObject", "AbortMultipartUpload", "GetObject")
        for prefix in ("events", "errors")
    }
    bucket = {
        (f"s3:{action}", arn(raw), "") for action in ("GetBucketLocation", "ListBucket", "ListBucketMultipartUploads")
    }
    encrypt = {(f"kms:{action}", key, for_buckets([raw])) for action in ("GenerateDataKey", "Decrypt")}
    stream = {
        (f"kinesis:{action}", "<Events.Arn>", "")
        for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListShards")
    }
    decrypt = (
        "StringEquals kms:EncryptionContext:aws:kinesis:arn: <Events.Arn>; "
        "StringEquals kms:ViaService: kinesis.<AWS::Region>.amazonaws.com"
    )
    group = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:<RawDeliveryLogs>"
    log = ("logs:PutLogEvents", f"{group}:log-stream:<RawDeliveryDeliveryErrors>", "")

    assert granted(prod, "RawDeliveryRole") == {
        *storage,
        *bucket,
        *encrypt,
        *stream,
        ("kms:Decrypt", key, decrypt),
        log,
    }
