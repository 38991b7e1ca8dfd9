"""What holds for every resource of the templates, whatever is added later."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.assembly import Assembly
from infra.assets import ROOT
from infra.capabilities.function_spec import read_functions

pytestmark = pytest.mark.integration

OUTPUTS = {
    "Data": {
        "RawBucket",
        "LakeBucket",
        "PersonalizeBucket",
        "QuarantineBucket",
        "AthenaResultsBucket",
        "StateTable",
        "FeaturesTable",
        "StreamName",
    },
    "Processing": {
        *("DeliveryStream", "Database", "WorkGroup", "Bus"),
        *("EventsJob", "InteractionsJob", "ItemsJob", "UsersJob"),
        *("EventsWorkflow", "InteractionsWorkflow", "ItemsWorkflow", "UsersWorkflow"),
        "PersonalizeRole",
        *(f"{name}Function" for name in ("Audit", "Catalog", "Collector", "PersonalizeSync", "Realtime", "Warming")),
        *("CatalogQueue", "CollectorUrl"),
    },
}
FILE_JOBS = ("Interactions", "Items", "Users")
FUNCTIONS = tuple(spec.name for spec in read_functions(ROOT))


def statements(assembly: Assembly, *types: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for type_ in types:
        for resource in assembly.of_type(type_):
            document = resource.properties.get("PolicyDocument") or resource.properties["KeyPolicy"]
            found += document["Statement"]
    return found


def policies_of(assembly: Assembly, type_: str, named_by: str) -> dict[str, list[dict[str, Any]]]:
    """Resource policy statements by the name of what they protect."""
    return {
        address.name: resource.properties["PolicyDocument"]["Statement"]
        for resource in assembly.of_type(type_)
        for address in assembly.references(resource.properties[named_by], resource.address.stack)
    }


def refuses_plain_http(policy: list[dict[str, Any]]) -> bool:
    return any(
        statement["Effect"] == "Deny" and statement.get("Condition", {}).get("Bool") == {"aws:SecureTransport": "false"}
        for statement in policy
    )


def test_both_stacks_tell_what_others_must_know(assemblies: Mapping[str, Assembly]) -> None:
    for assembly in assemblies.values():
        told = {
            stack: {name for name in template["Outputs"] if not name.startswith("ExportsOutput")}
            for stack, template in assembly.templates.items()
        }
        assert told == OUTPUTS


def test_physical_names_follow_the_stage(prod: Assembly) -> None:
    assert [
        prod.of_type("AWS::Kinesis::Stream")[0].properties["Name"],
        prod.of_type("AWS::KinesisFirehose::DeliveryStream")[0].properties["DeliveryStreamName"],
        prod.of_type("AWS::Events::EventBus")[0].properties["Name"],
        prod.of_type("AWS::Glue::Database")[0].properties["DatabaseInput"]["Name"],
        *(job.properties["Name"] for job in prod.of_type("AWS::Glue::Job")),
        *(workflow.properties["Name"] for workflow in prod.of_type("AWS::Glue::Workflow")),
        prod.of_type("AWS::Athena::WorkGroup")[0].properties["Name"],
    ] == [
        "clickstream-prod-events",
        "clickstream-prod-raw",
        "clickstream-prod",
        "clickstream_prod",
        *(f"clickstream-prod-{name}" for name in ("events", "interactions", "items", "users")),
        *(f"clickstream-prod-{name}" for name in ("events", "interactions", "items", "users")),
        "clickstream-prod",
    ]


def test_every_bucket_is_private_encrypted_and_owned_by_us(prod: Assembly) -> None:
    for bucket in prod.of_type("AWS::S3::Bucket"):
        properties = bucket.properties
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        [encryption] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        is_for_logs = bucket.address.name == "BucketsAccessLogs"
        assert (algorithm, encryption.get("BucketKeyEnabled")) == (
            ("AES256", None) if is_for_logs else ("aws:kms", True)
        )
        assert is_for_logs or properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_every_bucket_queue_and_topic_refuses_plain_http(prod: Assembly) -> None:
    policies = {
        **policies_of(prod, "AWS::S3::BucketPolicy", "Bucket"),
        **policies_of(prod, "AWS::SQS::QueuePolicy", "Queues"),
        **policies_of(prod, "AWS::SNS::TopicPolicy", "Topics"),
    }
    must = [
        resource.address.name
        for type_ in ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic")
        for resource in prod.of_type(type_)
    ]
    assert {name: refuses_plain_http(policies.get(name, [])) for name in must} == dict.fromkeys(must, True)


def test_only_raw_announces_its_objects(prod: Assembly) -> None:
    announcing = {
        bucket.address.name: bucket.properties["NotificationConfiguration"]
        for bucket in prod.of_type("AWS::S3::Bucket")
        if "NotificationConfiguration" in bucket.properties
    }
    assert announcing == {"BucketsRaw": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}}


def test_prod_keeps_what_holds_data_and_dev_does_not(assemblies: Mapping[str, Assembly]) -> None:
    stateful = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Kinesis::Stream", "AWS::DynamoDB::Table")
    kept = {
        stage: {r.raw["DeletionPolicy"] for type_ in stateful for r in assembly.of_type(type_)}
        for stage, assembly in assemblies.items()
    }
    assert kept == {"local": {"Delete"}, "dev": {"Delete"}, "prod": {"Retain"}}


def test_ids_of_what_holds_data_never_change(prod: Assembly) -> None:
    # Another id is another resource: the deployment would start empty, and leave the old one behind.
    assert [
        resource.address.logical_id
        for type_ in ("AWS::KMS::Key", "AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::DynamoDB::Table")
        for resource in prod.of_type(type_)
    ] == [
        "DataKey17AFBB84",
        "EventsD32975C2",
        "BucketsAccessLogsA5F88218",
        "BucketsRaw686CB728",
        "BucketsLake7E5C8A08",
        "BucketsPersonalize94E5EEFD",
        "BucketsQuarantine81103B59",
        "BucketsAthenaResultsDAB4D203",
        "State",
        "Features",
    ]


def test_the_key_rotates_and_encrypts_stream_results_and_alerts(prod: Assembly) -> None:
    [key] = prod.of_type("AWS::KMS::Key")
    [stream] = prod.of_type("AWS::Kinesis::Stream")
    [topic] = prod.of_type("AWS::SNS::Topic")
    [work_group] = prod.of_type("AWS::Athena::WorkGroup")
    results = work_group.properties["WorkGroupConfiguration"]["ResultConfiguration"]
    assert key.properties["EnableKeyRotation"] is True
    for value in (
        stream.properties["StreamEncryption"]["KeyId"],
        topic.properties["KmsMasterKeyId"],
        results["EncryptionConfiguration"]["KmsKey"],
    ):
        assert prod.render(value) == "<DataKey.Arn>"


def test_every_rule_target_and_schedule_leaves_what_it_cannot_deliver(prod: Assembly) -> None:
    targets = [t for rule in prod.of_type("AWS::Events::Rule") for t in rule.properties["Targets"]]
    targets += [schedule.properties["Target"] for schedule in prod.of_type("AWS::Scheduler::Schedule")]
    queues = [prod.render(target["DeadLetterConfig"]["Arn"]) for target in targets]
    assert queues == ["<RoutingUndelivered.Arn>"] * (20 + 6)  # rules, schedules


def test_each_rule_may_leave_an_event_in_the_queue_and_nobody_else(prod: Assembly) -> None:
    queue_policy = policies_of(prod, "AWS::SQS::QueuePolicy", "Queues")["RoutingUndelivered"]
    allowed = [
        (statement["Action"], prod.render(statement["Condition"]["ArnEquals"]["aws:SourceArn"]))
        for statement in queue_policy
        if statement["Effect"] == "Allow"
    ]
    rules = [f"<{rule.address.name}.Arn>" for rule in prod.of_type("AWS::Events::Rule")]
    assert allowed == [("sqs:SendMessage", rule) for rule in rules]


def test_every_log_group_forgets(prod: Assembly) -> None:
    days = {g.properties["LogGroupName"]: g.properties["RetentionInDays"] for g in prod.of_type("AWS::Logs::LogGroup")}
    assert days == {
        **{f"/aws-glue/jobs/clickstream-prod-{job}": 365 for job in ("events", "interactions", "items", "users")},
        "/aws/kinesisfirehose/clickstream-prod-raw": 365,
        **{f"/aws/lambda/clickstream-prod-{function}": 365 for function in FUNCTIONS},
        "/aws/vendedlogs/clickstream-prod-collector": 365,
    }


def test_no_role_may_do_everything_of_a_service(prod: Assembly) -> None:
    granted = [
        action
        for statement in statements(prod, "AWS::IAM::Policy")
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert granted
    assert [action for action in granted if "*" in action] == []


def test_every_role_trusts_one_service_for_this_account_only(prod: Assembly) -> None:
    trusted = {}
    for role in prod.of_type("AWS::IAM::Role"):
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        service = statement["Principal"]["Service"]
        if service == "lambda.amazonaws.com":  # takes no role of another account's anyway
            assert "Condition" not in statement
            continue
        account = prod.render(statement["Condition"]["StringEquals"]["aws:SourceAccount"])
        trusted[role.address.name] = (service, account)
    assert trusted == {
        "PersonalizeAccess": ("personalize.amazonaws.com", "<AWS::AccountId>"),
        "RawDeliveryRole": ("firehose.amazonaws.com", "<AWS::AccountId>"),
        **{f"{job}GlueJobRole": ("glue.amazonaws.com", "<AWS::AccountId>") for job in ("Events", *FILE_JOBS)},
        "RoutingRawLandedRole": ("events.amazonaws.com", "<AWS::AccountId>"),
        **{f"RoutingEventsReady{job}Role": ("events.amazonaws.com", "<AWS::AccountId>") for job in FILE_JOBS},
        "RoutingEventsHourlyRole": ("scheduler.amazonaws.com", "<AWS::AccountId>"),
        **{
            f"Routing{name}Role": ("scheduler.amazonaws.com", "<AWS::AccountId>")
            for name in (*(f"{job}Nightly" for job in FILE_JOBS), "Reconcile", "Audit")
        },
    }


def test_only_rules_and_alarms_of_this_account_publish_alerts_and_may_use_the_key_for_it(prod: Assembly) -> None:
    [topic_policy] = policies_of(prod, "AWS::SNS::TopicPolicy", "Topics").values()
    publishers = [s["Principal"]["Service"] for s in topic_policy if s["Effect"] == "Allow"]
    [key] = prod.of_type("AWS::KMS::Key")
    grants = [s for s in key.properties["KeyPolicy"]["Statement"] if "Alerts" in s.get("Sid", "")]
    rules = [
        prod.render(s["Condition"]["ArnEquals"]["aws:SourceArn"])
        for s in topic_policy
        if s["Effect"] == "Allow" and s["Principal"]["Service"] == "events.amazonaws.com"
    ]
    assert sorted(publishers) == ["cloudwatch.amazonaws.com", *["events.amazonaws.com"] * 9]
    assert rules == [
        f"<Routing{name}Rule.Arn>"
        for name in (
            *("EventsJobFailed", "FilesJobFailed", "QualityGateFailed", "ImportFailed", "TrainingFailed"),
            *("ResourceFailed", "RolledBack", "ImportHeld", "CostRefused"),
        )
    ]
    assert [(sorted(g["Principal"]["Service"]), g["Action"], g["Condition"]) for g in grants] == [
        (
            ["cloudwatch.amazonaws.com", "events.amazonaws.com"],
            ["kms:Decrypt", "kms:GenerateDataKey"],
            {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        )
    ]
