"""A function may do what its function.yaml says, and nothing else: every entry has its grant, and the reverse."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml

from infra.assembly import Assembly
from infra.assets import ROOT
from tests.support.role_grants import Grant, granted, listed

pytestmark = pytest.mark.integration

DECLARED = sorted(
    path for unit in ("consumers", "operations", "producers") for path in (ROOT / unit).glob("*/function.yaml")
)
BUCKETS = {
    "raw": "<BucketsRaw.Arn>",
    "lake": "<BucketsLake.Arn>",
    "quarantine": "<BucketsQuarantine.Arn>",
    "personalize": "<BucketsPersonalize.Arn>",
}
KEY, STREAM = "<DataKey.Arn>", "<Events.Arn>"
READ = ("GetItem", "BatchGetItem", "Query")
WRITE = (*READ, "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem")
TABLE_ACTIONS = {"read": READ, "scan": (*READ, "Scan"), "write": WRITE, "scan-write": (*WRITE, "Scan")}
PERSONALIZE = [
    f"arn:<AWS::Partition>:personalize:<AWS::Region>:<AWS::AccountId>:{own}"
    for own in ("*/clickstream-prod*", "event-tracker/*")
]


def storage(function: dict[str, Any]) -> Iterator[Grant]:
    reads, writes = function.get("reads", []), function.get("writes", [])
    prefixes = defaultdict(set)
    for kind, locations in (("s3:GetObject", reads), ("s3:PutObject", writes)):
        for at in locations:
            yield kind, f"{BUCKETS[at['bucket']]}/{at['prefix']}*", ""
            prefixes[at["bucket"]].add(f"{at['prefix']}*")
    for bucket, under in prefixes.items():
        yield "s3:ListBucket", BUCKETS[bucket], f"StringLikeIfExists s3:prefix: {' '.join(sorted(under))}"
    if reads:
        yield "kms:Decrypt", KEY, objects_of(reads)
    if writes:
        yield from ((f"kms:{action}", KEY, objects_of(writes)) for action in ("Decrypt", "GenerateDataKey"))


def objects_of(locations: list[dict[str, str]]) -> str:
    arns = {BUCKETS[at["bucket"]] for at in locations}
    objects = " ".join(sorted({*arns, *(f"{arn}/*" for arn in arns)}))
    via = "s3.<AWS::Region>.amazonaws.com"
    return f"StringEquals kms:ViaService: {via}; StringLike kms:EncryptionContext:aws:s3:arn: {objects}"


def tables(function: dict[str, Any]) -> Iterator[Grant]:
    wanted = function.get("tables", {})
    for name, access in wanted.items():
        for action in TABLE_ACTIONS[access]:
            yield f"dynamodb:{action}", f"<{name.title()}.Arn>", ""
    via = "StringEquals kms:ViaService: dynamodb.<AWS::Region>.amazonaws.com"
    if wanted:
        yield "kms:Decrypt", KEY, via
    if {"write", "scan-write"} & set(wanted.values()):
        yield from ((f"kms:{action}", KEY, via) for action in ("Encrypt", "GenerateDataKey"))


def services(function: dict[str, Any]) -> Iterator[Grant]:
    for action in function.get("personalize", []):
        for resource in ["*"] if action.startswith("List") else PERSONALIZE:
            yield f"personalize:{action}", resource, ""
    if function.get("publishes"):
        condition = f"ForAllValues:StringEquals events:source: {' '.join(sorted(function['publishes']))}"
        yield "events:PutEvents", "<EventBus.Arn>", condition
    if function.get("puts_records"):
        for action in ("PutRecords", "ListShards"):
            yield f"kinesis:{action}", STREAM, ""
        context = f"StringEquals kms:EncryptionContext:aws:kinesis:arn: {STREAM}"
        via = "StringEquals kms:ViaService: kinesis.<AWS::Region>.amazonaws.com"
        yield "kms:GenerateDataKey", KEY, f"{context}; {via}"
    for name in function.get("parameters", []):
        parameter = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/clickstream-prod"
        yield "ssm:GetParameter", f"{parameter}/{name}", ""
    if function.get("publishes_metrics"):
        yield "cloudwatch:PutMetricData", "*", "StringEquals cloudwatch:namespace: Clickstream"
    if function.get("passes_role"):
        to = "StringEquals iam:PassedToService: personalize.amazonaws.com"
        yield "iam:PassRole", "<PersonalizeAccess.Arn>", to


def source(function: dict[str, Any], construct: str) -> Iterator[Grant]:
    match function.get("source"):
        case None:
            for action in ("SendMessage", "GetQueueAttributes", "GetQueueUrl"):
                yield f"sqs:{action}", f"<{construct}Failed.Arn>", ""
        case {"http": _}:
            yield from ()  # the API has a word in the function's own policy
        case {"queue": _}:
            for action in (
                *("ReceiveMessage", "ChangeMessageVisibility", "GetQueueUrl", "DeleteMessage", "GetQueueAttributes"),
            ):
                yield f"sqs:{action}", f"<{construct}Queue.Arn>", ""
        case _:
            yield from stream()


def stream() -> Iterator[Grant]:
    for action in ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"):
        yield f"kinesis:{action}", STREAM, ""
    context = f"StringEquals kms:EncryptionContext:aws:kinesis:arn: {STREAM}"
    yield "kms:Decrypt", KEY, f"{context}; StringEquals kms:ViaService: kinesis.<AWS::Region>.amazonaws.com"
    yield "s3:PutObject", f"{BUCKETS['quarantine']}/aws/lambda/*", ""
    yield "s3:ListBucket", BUCKETS["quarantine"], "StringLikeIfExists s3:prefix: aws/lambda/*"
    yield "kms:GenerateDataKey", KEY, objects_of([{"bucket": "quarantine"}])


@pytest.mark.parametrize("path", DECLARED, ids=lambda path: path.parent.name)
def test_a_function_may_do_exactly_what_it_declares(prod: Assembly, path: Any) -> None:
    function = yaml.safe_load(path.read_text())
    construct = f"Functions{function['name'].title().replace('-', '')}"
    logs = {(f"logs:{action}", f"<{construct}Logs.Arn>", "") for action in ("CreateLogStream", "PutLogEvents")}

    grants = granted(prod, f"{construct}Role")

    assert grants == {
        *storage(function),
        *tables(function),
        *services(function),
        *source(function, construct),
        *logs,
    }


def test_every_declared_action_is_one_that_personalize_has() -> None:
    known = {
        operation
        for service in ("personalize", "personalize-events", "personalize-runtime")
        for operation in boto3.client(service, region_name="eu-west-1").meta.service_model.operation_names
    }
    wanted = {action for path in DECLARED for action in yaml.safe_load(path.read_text()).get("personalize", [])}

    assert wanted - known == set()
    assert {"PutEvents", "CreateDatasetImportJob"} <= wanted


def test_personalize_may_read_the_files_of_the_datasets_and_write_the_answers_of_batch_inference(
    prod: Assembly,
) -> None:
    bucket = BUCKETS["personalize"]
    reads = [{"bucket": "personalize", "prefix": f"{at}/"} for at in ("interactions", "items", "users", "batch")]
    writes = [{"bucket": "personalize", "prefix": "batch/"}]
    policy = [
        (statement["Action"], sorted(prod.render(resource) for resource in listed(statement["Resource"])))
        for resource in prod.of_type("AWS::S3::BucketPolicy")
        for statement in resource.properties["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "personalize.amazonaws.com"}
    ]

    assert granted(prod, "PersonalizeAccess") == set(storage({"reads": reads, "writes": writes}))
    assert policy == [
        ("s3:GetObject", sorted(f"{bucket}/{at['prefix']}*" for at in reads)),
        ("s3:ListBucket", [bucket]),
        ("s3:PutObject", [f"{bucket}/batch/*"]),
    ]
