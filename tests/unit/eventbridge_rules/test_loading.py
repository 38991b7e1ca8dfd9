"""A rules file that could not be deployed is refused, with the file and the key in the message."""

from pathlib import Path

import pytest

from eventbridge_rules.loading import InvalidRules, Known, load_rules
from eventbridge_rules.model import Retry, Rule, RuleTarget, Schedule, ScheduleTarget
from eventbridge_rules.placeholders import fill, placeholders_in

pytestmark = pytest.mark.unit

KNOWN = Known(
    buckets=frozenset({"raw"}),
    jobs=frozenset({"events"}),
    workflows=frozenset({"events"}),
    topics=frozenset({"alerts"}),
    functions=frozenset({"warming"}),
    queues=frozenset({"changes"}),
)
RULE = """
rules:
  - name: raw-landed
    why: Something landed and somebody cares.
    bus: default
    pattern: {source: [aws.s3], detail: {bucket: {name: ["${bucket:raw}"]}}}
    target: {glue_workflow: events}
    retry: {attempts: 2, max_age_seconds: 60}
"""
SCHEDULE = """
schedules:
  - name: hourly
    why: Something must happen by the clock.
    expression: rate(1 hour)
    flexible_minutes: 0
    target: {glue_job: events, arguments: {--mode: full}}
    retry: {attempts: 0, max_age_seconds: 60}
"""


def test_rules_and_schedules_are_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULE)
    (tmp_path / "b.yaml").write_text(SCHEDULE)

    loaded = load_rules(known=KNOWN, folder=tmp_path)

    assert loaded.rules == (
        Rule(
            name="raw-landed",
            why="Something landed and somebody cares.",
            bus="default",
            pattern={"source": ["aws.s3"], "detail": {"bucket": {"name": ["${bucket:raw}"]}}},
            target=RuleTarget(glue_workflow="events"),
            retry=Retry(attempts=2, max_age_seconds=60),
        ),
    )
    assert loaded.schedules == (
        Schedule(
            name="hourly",
            why="Something must happen by the clock.",
            expression="rate(1 hour)",
            flexible_minutes=0,
            target=ScheduleTarget(glue_job="events", arguments={"--mode": "full"}),
            retry=Retry(attempts=0, max_age_seconds=60),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("why:", "reason:", ["unknown field `reason`", "rules[0]"]),
        ("bus: default", "bus: main", ["'main'", "bus"]),
        ("bus: default", "bus: [", ["line"]),
        ("glue_workflow: events", "lambda: f", ["unknown field `lambda`", "target"]),
        ("{glue_workflow: events}", "{}", ["exactly one of", "target"]),
        ("{glue_workflow: events}", "{glue_workflow: events, topic: alerts}", ["exactly one of"]),
        ("glue_workflow: events", "glue_workflow: visits", ["raw-landed", "target.glue_workflow", "'visits'"]),
        ("glue_workflow: events", "topic: pager", ["target.topic", "'pager'", "'alerts'"]),
        ("glue_workflow: events", "function: cooling", ["target.function", "'cooling'", "'warming'"]),
        ("glue_workflow: events", "queue: orders", ["target.queue", "'orders'", "'changes'"]),
        ("{glue_workflow: events}", "{function: warming, queue: changes}", ["exactly one of"]),
        ("${bucket:raw}", "${bucket:rwa}", ["pattern.detail", "'bucket:rwa'", "'bucket:raw'"]),
        ("attempts: 2", "attempts: 999", ["retry.attempts"]),
        ("Something landed and somebody cares.", "because", ["why"]),
    ],
)
def test_a_faulty_rule_is_refused_by_file_and_key(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    (tmp_path / "some.yaml").write_text(RULE.replace(old, new))

    with pytest.raises(InvalidRules) as caught:
        load_rules(known=KNOWN, folder=tmp_path)

    assert [part for part in ["some.yaml", *told] if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("--mode: full", "mode: full", "arguments"),
        ("--mode: full", "--hours: 24", "arguments"),
        ("rate", "at", "expression"),
        ("glue_job: events", "function: warming", "arguments: a function takes none"),
        ("glue_job: events", "function: warming, glue_job: events", "exactly one of"),
    ],
)
def test_a_faulty_schedule_is_refused_by_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    (tmp_path / "some.yaml").write_text(SCHEDULE.replace(old, new))

    with pytest.raises(InvalidRules, match=rf"some.yaml: .*{told}"):
        load_rules(known=KNOWN, folder=tmp_path)


@pytest.mark.parametrize(
    ("target", "kind", "name"),
    [
        ("{glue_workflow: events}", "glue_workflow", "events"),
        ("{function: warming}", "function", "warming"),
        ("{queue: changes}", "queue", "changes"),
        ("{topic: alerts}", "topic", "alerts"),
    ],
)
def test_a_rule_wakes_one_of_four_kinds(tmp_path: Path, target: str, kind: str, name: str) -> None:
    (tmp_path / "some.yaml").write_text(RULE.replace("{glue_workflow: events}", target))

    [rule] = load_rules(known=KNOWN, folder=tmp_path).rules

    assert (rule.target.kind, rule.target.name) == (kind, name)


def test_a_schedule_may_wake_a_function_which_takes_no_arguments(tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_text(
        SCHEDULE.replace("{glue_job: events, arguments: {--mode: full}}", "{function: warming}")
    )

    [schedule] = load_rules(known=KNOWN, folder=tmp_path).schedules

    assert schedule.target == ScheduleTarget(function="warming")


def test_a_schedule_that_tells_its_job_nothing_special_needs_no_arguments(tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_text(SCHEDULE.replace(", arguments: {--mode: full}", ""))

    [schedule] = load_rules(known=KNOWN, folder=tmp_path).schedules

    assert schedule.target == ScheduleTarget(glue_job="events", arguments={})


def test_a_schedule_for_an_unknown_job_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_text(SCHEDULE.replace("glue_job: events", "glue_job: visits"))

    with pytest.raises(InvalidRules, match=r"some.yaml: schedule hourly: target.glue_job: unknown 'visits'"):
        load_rules(known=KNOWN, folder=tmp_path)


def test_a_schedule_for_an_unknown_function_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_text(
        SCHEDULE.replace("{glue_job: events, arguments: {--mode: full}}", "{function: cooling}")
    )

    with pytest.raises(InvalidRules, match=r"some.yaml: schedule hourly: target.function: unknown 'cooling'"):
        load_rules(known=KNOWN, folder=tmp_path)


def test_a_name_used_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULE)
    (tmp_path / "b.yaml").write_text(RULE)

    with pytest.raises(InvalidRules, match="raw-landed"):
        load_rules(known=KNOWN, folder=tmp_path)


def test_placeholders_are_found_and_filled_at_any_depth() -> None:
    value = {"${job:a}": [{"key": "s3://${bucket:raw}/x/${bucket:lake}"}, 1, None, True]}

    assert list(placeholders_in(value)) == ["job:a", "bucket:raw", "bucket:lake"]
    assert fill(value, {"job:a": "A", "bucket:raw": "R", "bucket:lake": "L"}) == {
        "A": [{"key": "s3://R/x/L"}, 1, None, True]
    }


def test_an_unknown_placeholder_is_not_left_in_place() -> None:
    with pytest.raises(KeyError, match="bucket:raw"):
        fill("${bucket:raw}", {})
