"""Ordered faults strike by seeded chance, the same each time; an order that is not understood is refused."""

from __future__ import annotations

from typing import Any

import pytest

from contract.errors import ConfigurationError
from infra.local.faults import Faults, InvocationFault, PutFault

pytestmark = pytest.mark.unit


def ordered(**order: dict[str, Any]) -> Faults:
    faults = Faults()
    faults.order(order)
    return faults


def test_without_an_order_nothing_strikes() -> None:
    faults = Faults()

    assert faults.put_records(3) == PutFault()
    assert faults.invocation("f") == InvocationFault()
    assert not faults.refuses_table({"t"})
    assert not faults.refuses_object("key")
    assert faults.shown() == {"order": {}, "struck": {}, "killed": 0}


def test_shares_strike_about_as_often_as_they_say() -> None:
    faults = ordered(put_records={"throttle_share": 0.5, "fail_share": 0.1, "seed": 1})

    struck = [faults.put_records(10) for _ in range(1_000)]

    throttled = sum(fault.throttled for fault in struck)
    failed = sum(len(fault.failed) for fault in struck)
    assert 450 < throttled < 550
    assert 0.08 < failed / (10 * (1_000 - throttled)) < 0.12
    assert faults.shown()["struck"] == {"put_records": sum(fault != PutFault() for fault in struck)}


def test_the_same_seed_strikes_the_same_calls() -> None:
    order = {"function": "f", "crash_share": 0.3, "within_ms": 100, "seed": 7}

    first, second = ([ordered(invoke=order).invocation("f") for _ in range(1)] for _ in range(2))
    one, two = ordered(invoke=order), ordered(invoke=order)
    assert first == second
    assert [one.invocation("f") for _ in range(50)] == [two.invocation("f") for _ in range(50)]


def test_invocations_are_counted_from_the_order_on_and_only_those_of_the_function() -> None:
    faults = ordered(invoke={"function": "f", "crash_at": [2], "within_ms": 10})

    struck = [faults.invocation(name) != InvocationFault() for name in ("f", "other", "f", "f")]

    assert struck == [False, False, True, False]


def test_a_crash_is_a_kill_within_the_time_or_a_lost_answer() -> None:
    faults = ordered(invoke={"function": "f", "crash_share": 1, "within_ms": 100})

    crashes = [faults.invocation("f") for _ in range(200)]

    lost = [crash for crash in crashes if crash.loses_answer]
    kills = [crash.kill_after_seconds for crash in crashes if crash.kill_after_seconds is not None]
    assert len(lost) + len(kills) == 200
    assert 60 < len(lost) < 140
    assert all(0 <= seconds < 0.1 for seconds in kills)


def test_a_timeout_holds_for_every_invocation() -> None:
    faults = ordered(invoke={"function": "f", "timeout": 0.5})

    assert faults.invocation("f") == InvocationFault(timeout_seconds=0.5)


def test_writes_are_refused_by_table_and_by_prefix() -> None:
    faults = ordered(dynamodb={"table": "t", "refuse_share": 1}, s3={"prefix": "stream/", "refuse_share": 1})

    assert [faults.refuses_table(tables) for tables in ({"t"}, {"other"}, {"other", "t"})] == [True, False, True]
    assert [faults.refuses_object(key) for key in ("stream/x", "raw/stream/x")] == [True, False]


def test_an_order_replaces_the_one_before_whole() -> None:
    faults = ordered(s3={"prefix": "", "refuse_share": 1})
    faults.refuses_object("key")
    faults.note_kill()
    assert faults.shown()["killed"] == 1

    faults.order({})

    assert faults.shown() == {"order": {}, "struck": {}, "killed": 0}
    assert not faults.refuses_object("key")


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ([], "ordered by an object"),
        ({"sqs": {}}, "no fault sqs"),
        ({"s3": []}, "options are an object"),
        ({"s3": {"prefix": "x"}}, "missing.*refuse_share"),
        ({"s3": {"prefix": "x", "refuse_share": 1, "bucket": "b"}}, "unknown.*bucket"),
        ({"invoke": {"crash_share": 1}}, "missing.*function"),
        ({"invoke": {"function": 3}}, "function cannot be 3"),
        ({"invoke": {"function": "f", "crash_at": [0]}}, "crash_at cannot be"),
        ({"invoke": {"function": "f", "crash_at": "1"}}, "crash_at cannot be"),
        ({"put_records": {"throttle_share": 1.5}}, "throttle_share cannot be 1.5"),
        ({"put_records": {"fail_share": True}}, "fail_share cannot be True"),
        ({"put_records": {"seed": 1.5}}, "seed cannot be 1.5"),
    ],
)
def test_an_order_that_is_not_understood_is_refused_and_changes_nothing(order: Any, named: str) -> None:
    faults = ordered(s3={"prefix": "", "refuse_share": 1})

    with pytest.raises(ConfigurationError, match=named):
        faults.order(order)
    assert faults.refuses_object("key")
