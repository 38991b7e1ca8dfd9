"""What raises an alarm: what was not delivered, what fails steadily, what waits, and a ledger out of balance."""

import pytest

from infra.assembly import Assembly
from infra.assets import ROOT
from infra.capabilities.function_spec import read_functions

pytestmark = pytest.mark.integration

FUNCTIONS = tuple(spec.name for spec in read_functions(ROOT))


def test_undelivered_events_and_late_delivery_raise_an_alarm(prod: Assembly) -> None:
    assert [alarm_named(prod, name) for name in ("undelivered", "raw-delivery-late")] == [
        ("ApproximateNumberOfMessagesVisible", ["<RoutingUndelivered.QueueName>"], 0, 1, "notBreaching"),
        ("DeliveryToS3.DataFreshness", ["<RawDeliveryDeliveryStream>"], 900, 1, "notBreaching"),
    ]


def test_an_imbalance_of_the_ledger_and_an_audit_that_says_nothing_raise_an_alarm(prod: Assembly) -> None:
    assert [alarm_named(prod, name) for name in ("ledger-imbalance", "audit-silent")] == [
        ("LedgerImbalance", ["prod"], 0, 1, "notBreaching"),
        ("LedgerImbalance", ["prod"], 1e12, 3, "breaching"),
    ]


def test_the_stream_consumer_is_watched_by_its_lag_and_by_what_it_counts_itself(prod: Assembly) -> None:
    name = "clickstream-prod-realtime"

    assert [alarm_named(prod, each) for each in ("realtime-behind", "put-events-throttled", "lines-quarantined")] == [
        ("IteratorAge", [name], 300_000, 1, "notBreaching"),
        ("put_events_throttles", [name, "prod"], 100, 3, "notBreaching"),
        ("lines_quarantined", [name, "prod"], 100, 1, "notBreaching"),
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_is_watched_for_errors_throttles_and_what_it_gave_up_on(prod: Assembly, function: str) -> None:
    name, construct = f"clickstream-prod-{function}", function.title().replace("-", "")
    # The batches of the one lie in a bucket, and are audited; who calls the other waits for its answer.
    given_up = [] if function in {"realtime", "collector"} else [f"{function}-failed"]

    assert [alarm_named(prod, f"{function}-{kind}") for kind in ("errors", "throttles")] == [
        ("Errors", [name], 0, 3, "notBreaching"),
        ("Throttles", [name], 0, 3, "notBreaching"),
    ]
    assert [alarm_named(prod, each) for each in given_up] == [
        ("ApproximateNumberOfMessagesVisible", [f"<Functions{construct}Failed.QueueName>"], 0, 1, "notBreaching")
    ] * len(given_up)


def test_requests_without_an_answer_of_the_functions_own_raise_an_alarm(prod: Assembly) -> None:
    assert alarm_named(prod, "collector-unanswered") == ("5xx", ["<FunctionsCollectorApi>"], 100, 1, "notBreaching")


def test_tables_are_watched_for_refused_requests_and_the_queue_of_changes_for_its_age(prod: Assembly) -> None:
    names = [f"{table}-{kind}-throttled" for table in ("state", "features") for kind in ("read", "write")]

    assert [alarm_named(prod, name)[:2] for name in names] == [
        (f"{kind}ThrottleEvents", [f"<{table}>"]) for table in ("State", "Features") for kind in ("Read", "Write")
    ]
    assert alarm_named(prod, "catalog-waiting") == (
        "ApproximateAgeOfOldestMessage",
        ["<FunctionsCatalogQueue.QueueName>"],
        900,
        1,
        "notBreaching",
    )


def test_every_alarm_tells_the_topic_when_it_begins_and_when_it_is_over(prod: Assembly) -> None:
    alarms = prod.of_type("AWS::CloudWatch::Alarm")
    told = [
        [prod.render(to) for kind in ("AlarmActions", "OKActions") for to in alarm.properties[kind]] for alarm in alarms
    ]

    assert len(alarms) > 15
    assert told == [["<Alerts>", "<Alerts>"]] * len(alarms)
    assert {alarm.properties["ComparisonOperator"] for alarm in alarms} == {"GreaterThanThreshold"}


def alarm_named(assembly: Assembly, name: str) -> tuple[str, list[str], float, int, str]:
    """The metric, what is watched, the threshold, in how many periods, and what silence means."""
    [alarm] = [
        a.properties
        for a in assembly.of_type("AWS::CloudWatch::Alarm")
        if a.properties["AlarmName"] == f"clickstream-prod-{name}"
    ]
    watched = [assembly.render(dimension["Value"]) for dimension in alarm["Dimensions"]]
    periods, silence = alarm["EvaluationPeriods"], alarm["TreatMissingData"]
    return alarm["MetricName"], watched, alarm["Threshold"], periods, silence
