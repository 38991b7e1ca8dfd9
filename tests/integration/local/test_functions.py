"""Events wake functions as Lambda documents it: accepted, tried again, and told of when they are given up."""

from __future__ import annotations

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.local_endpoint import Local
from tests.support.local_functions import Function, function, messages, queue, until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def target(local: Local) -> Function:
    """A function that does what its event asks for."""
    return function(local, timeout=3)


@pytest.fixture(scope="module", autouse=True)
def schedule(local: Local, target: Function) -> str:
    """A schedule whose only time has passed; the endpoint looks at its schedules every 10 seconds."""
    name = f"schedule-{uuid.uuid4().hex[:8]}"
    local.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="at(2026-01-01T02:05:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": target.arn, "RoleArn": "arn:aws:iam::000000000000:role/any", "Input": json.dumps({"by": name})},
    )
    return name


def wakes(local: Local, source: str, arn: str, *, dead_letter: str = "") -> None:
    """A rule that sends the events of `source` to a target."""
    events = local.client("events")
    events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}), State="ENABLED")
    extra = {"DeadLetterConfig": {"Arn": dead_letter}} if dead_letter else {}
    events.put_targets(Rule=source, Targets=[{"Id": "t", "Arn": arn, **extra}])


def happen(local: Local, source: str, **detail: object) -> None:
    entry = {"Source": source, "DetailType": "Test", "Detail": json.dumps(detail)}
    assert local.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_an_event_that_fails_is_tried_twice_again_then_it_is_in_the_dead_letter_queue(local: Local) -> None:
    failing = function(local, environment={"ORDER": "fail"})
    url, arn = queue(local)
    local.client("lambda").update_function_configuration(FunctionName=failing.name, DeadLetterConfig={"TargetArn": arn})
    wakes(local, f"test.{failing.name}", failing.arn)
    happen(local, f"test.{failing.name}", number=1)

    drained = local.endpoint.drain()

    events = [call["event"] for call in failing.calls()]
    assert len(events) == 3
    [message] = messages(local, url)
    assert json.loads(message["Body"]) == events[0]
    assert events[0]["detail"] == {"number": 1}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "Runtime.HandlerError: poison"
    assert drained["given_up"] == [f"{failing.arn}: RetriesExhausted: Runtime.HandlerError: poison"]


def test_a_function_of_a_template_keeps_its_dead_letter_queue_and_its_concurrency(local: Local) -> None:
    url, arn = queue(local)
    name = f"templated-{uuid.uuid4().hex[:8]}"
    properties = {
        "FunctionName": name,
        "Handler": "index.handler",
        "Runtime": "python3.12",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": "def handler(event, context):\n    raise ValueError(1)\n"},
        "DeadLetterConfig": {"TargetArn": arn},
        "ReservedConcurrentExecutions": 1,
    }
    retries = {"FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0}
    resources = {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": properties},
        "Retries": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": retries},
    }
    local.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    local.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')

    local.endpoint.drain()

    assert [message["Body"] for message in messages(local, url)] == ['{"n": 1}']
    assert local.endpoint.health()["functions"][name]["invocations"] == 1
    assert local.client("lambda").get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 1


def test_an_event_without_retries_goes_to_its_destination_after_one_attempt(local: Local, target: Function) -> None:
    url, arn = queue(local)
    client = local.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName=target.name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    before = len(target.calls())
    client.invoke(FunctionName=target.name, InvocationType="Event", Payload=json.dumps({"order": "fail"}))

    local.endpoint.drain()

    assert len(target.calls()) == before + 1
    document = json.loads(messages(local, url)[0]["Body"])
    assert document["requestPayload"] == {"order": "fail"}
    assert document["requestContext"]["condition"] == "RetriesExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 1
    client.delete_function_event_invoke_config(FunctionName=target.name)


def test_a_configuration_that_would_not_be_honoured_is_refused(local: Local, target: Function) -> None:
    with pytest.raises(ClientError, match="does not implement DestinationConfig"):
        local.client("lambda").put_function_event_invoke_config(
            FunctionName=target.name, DestinationConfig={"OnSuccess": {"Destination": queue(local)[1]}}
        )


def test_an_event_whose_target_is_gone_is_in_the_targets_dead_letter_queue(local: Local, target: Function) -> None:
    for kind in ("lambda", "sqs", "sns"):
        url, dead = queue(local)
        name = f"test.gone.{uuid.uuid4().hex[:8]}"
        gone = {"lambda": f"{target.arn}-gone", "sqs": f"{dead}-gone"}.get(
            kind, "arn:aws:sns:us-east-1:000000000000:gone"
        )
        wakes(local, name, gone, dead_letter=dead)
        happen(local, name, kind=kind)

        drained = local.endpoint.drain()

        [message] = messages(local, url)
        assert json.loads(message["Body"])["detail"] == {"kind": kind}
        attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
        assert (attributes["TARGET_ARN"], attributes["ERROR_CODE"]) == (gone, "RESOURCE_NOT_FOUND")
        assert any(gone in line for line in drained["undelivered"])


def test_queues_and_topics_are_still_reached(local: Local) -> None:
    url, arn = queue(local)
    sns = local.client("sns")
    topic = sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    name = f"test.both.{uuid.uuid4().hex[:8]}"
    wakes(local, name, arn)
    local.client("events").put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": topic}])

    happen(local, name, number=1)

    details = until(lambda: [json.loads(message["Body"])["detail"] for message in messages(local, url)])
    assert details == [{"number": 1}, {"number": 1}]


def test_messages_are_read_in_batches_and_those_that_fail_end_in_the_dead_letter_queue(local: Local) -> None:
    code = """
import json, os

def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    with open(os.environ["CALLS"], "a") as calls:
        calls.write(json.dumps({"datas": bodies}) + "\\n")
    bad = [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]
    return {"batchItemFailures": bad}
"""
    reader = function(local, code=code)
    # A cold start takes longer than the messages stay invisible.
    local.client("lambda").invoke(FunctionName=reader.name, Payload=b'{"Records": []}')
    dead_url, dead = queue(local)
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    url, arn = queue(local, VisibilityTimeout="1", RedrivePolicy=policy)
    local.client("lambda").create_event_source_mapping(
        FunctionName=reader.name, EventSourceArn=arn, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    entries = [{"Id": str(n), "MessageBody": "bad" if n == 3 else str(n)} for n in range(10)]
    local.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)

    drained = local.endpoint.drain()
    [lost] = until(lambda: messages(local, dead_url))

    assert [failing["messages"] for failing in drained["failing"] if failing.get("queue") == arn] in ([1], [])
    assert lost["Body"] == "bad"
    bodies = [body for call in reader.datas() for body in call]
    assert sorted(bodies) == sorted([*(str(n) for n in range(10) if n != 3), "bad", "bad"])


def test_a_schedule_calls_its_function_with_its_input(target: Function, schedule: str) -> None:
    until(lambda: {"by": schedule} in [call["event"] for call in target.calls()])
