"""Our own judge of versions."""

from __future__ import annotations

import json
import math

import pytest

from consumers.personalize_sync.evaluation import (
    Answers,
    Interaction,
    as_value,
    asked_users,
    evaluate,
    from_value,
    holdout,
    job_input,
    read_input,
    read_output,
    read_rows,
)
from consumers.personalize_sync.metrics import Lead, Scores, lead, ndcg, precision, reciprocal_rank, scores
from contract.errors import ConfigurationError

pytestmark = pytest.mark.unit

HEADER = b"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE\n"


def test_gains_are_discounted_by_position_and_held_against_the_best_order() -> None:
    second_of_two = (1 / math.log2(3)) / (1 + 1 / math.log2(3))

    assert ndcg(["a", "b"], {"a", "b"}) == pytest.approx(1)
    assert ndcg(["x", "b"], {"a", "b"}) == pytest.approx(second_of_two)
    assert ndcg([*"abcdefghijklmnopqrstuvwxy", "late"], {"late"}) == 0
    assert ndcg([], {"a"}) == 0


def test_more_relevant_items_than_places_do_not_lower_the_best_there_is() -> None:
    items = [f"i-{n}" for n in range(25)]

    assert ndcg(items, {f"i-{n}" for n in range(100)}) == pytest.approx(1)


def test_precision_is_of_ten_and_the_reciprocal_rank_of_the_first_hit() -> None:
    items = [*"abcdefghij", "k"]

    assert precision(items, {"a", "j", "k"}) == 0.2
    assert reciprocal_rank(items, {"c", "d"}) == pytest.approx(1 / 3)
    assert reciprocal_rank(items, {"z"}) == 0


def test_means_are_over_the_users_and_who_has_no_list_counts_as_nothing() -> None:
    found = scores({"u": ["a", "b"]}, {"u": {"a"}, "v": {"a"}}, catalog=4)

    assert found == Scores(ndcg_at_25=0.5, precision_at_10=0.05, mrr_at_25=0.5, coverage=0.5)


def test_a_lead_on_every_user_is_no_chance_and_one_on_few_may_be() -> None:
    relevant = {f"u-{n}": {"a"} for n in range(100)}
    always = {key: ["a"] for key in relevant}
    never = {key: ["b"] for key in relevant}
    rarely = never | {"u-0": ["a"], "u-1": ["a"]}

    assert lead(always, never, relevant) == Lead(of=0.0, mean=1.0, low=1.0)
    assert lead(rarely, never, relevant).low < 0
    assert lead(never, always, relevant) == Lead(of=1.0, mean=-1.0, low=-1.0)


def test_only_what_happened_after_versions_were_asked_is_judged_by() -> None:
    rows = [
        Interaction("u", "before", 99),
        Interaction("u", "at", 100),
        Interaction("u", "after", 101),
        Interaction("u", "after", 101),
        Interaction("u", "later", 200),
        Interaction("v", "before", 50),
        Interaction("not asked", "after", 150),
    ]

    assert holdout(rows, since=100.0, users=["u", "v"]) == {"u": frozenset({"after", "later"})}


def test_rows_of_a_file_are_read_as_they_were_written() -> None:
    [first] = list(read_rows(HEADER + b"u-1,i-1,100,view\n"))
    [nasty] = list(read_rows(HEADER + '"a \\"b\\", \\\\ and\r\nmore\u2028 ","ü|t",7,view\n'.encode()))

    assert first == Interaction("u-1", "i-1", 100)
    assert nasty == Interaction('a "b", \\ and\r\nmore\u2028 ', "ü|t", 7)


def test_a_file_without_the_columns_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no column TIMESTAMP"):
        list(read_rows(b"USER_ID,ITEM_ID\n"))


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no column USER_ID, ITEM_ID, TIMESTAMP"):
        list(read_rows(b""))


def test_the_users_that_are_asked_about_are_few_and_the_same_every_day() -> None:
    today = [Interaction(f"u-{n}", "i", 1) for n in range(100)]
    tomorrow = [Interaction(f"u-{n}", "i", 1) for n in range(5, 105)]

    asked = asked_users(today, most=20)

    assert asked == asked_users(reversed([*today, *today]), most=20)
    assert len(set(asked)) == 20
    assert asked != sorted(asked)
    assert len(set(asked) & set(asked_users(tomorrow, most=20))) >= 15


def test_a_jobs_input_is_a_line_a_user() -> None:
    users = ["u-1", 'nasty "quoted"\n', "ü"]

    assert [json.loads(line) for line in job_input(users).splitlines()] == [{"userId": user} for user in users]
    assert read_input(job_input(users)) == users


def test_a_jobs_output_is_read_with_and_without_scores_and_errors_leave_no_list() -> None:
    lines = [
        {
            "input": {"userId": "u-1"},
            "output": {"recommendedItems": ["a", "b", "a"], "scores": [1, 0, 0]},
            "error": None,
        },
        {"input": {"userId": "u-2"}, "output": {"recommendedItems": ["c"]}, "error": None},
        {"input": {"userId": "u-3"}, "output": {"recommendedItems": []}, "error": "no such user"},
        {"input": {"userId": "u-4"}, "output": None, "error": "no such user"},
    ]
    data = "\n".join(map(json.dumps, lines)).encode() + b"\n\n"

    assert read_output(data) == {"u-1": ("a", "b"), "u-2": ("c",), "u-3": (), "u-4": ()}


def test_versions_are_judged_on_the_same_users_and_the_result_names_none_of_them() -> None:
    relevant = {"user-1": frozenset({"a"}), "user-2": frozenset({"b"})}
    answers = Answers(
        candidate={"user-1": ["a"], "user-2": ["b"]},
        champion={"user-1": ["a"], "user-2": ["x"]},
        popularity={"user-1": ["x"], "user-2": ["x"]},
        champion_arn="champion",
    )

    found = evaluate(relevant, answers, since=100.0, catalog=10)

    assert (found.users, found.candidate.ndcg_at_25, found.popularity.ndcg_at_25) == (2, 1.0, 0.0)
    assert found.over_champion == Lead(of=0.5, mean=0.5, low=round(0.5 - 1.6449 * math.sqrt(0.5 / 2), 6))
    assert found.over_popularity == Lead(of=0.0, mean=1.0, low=1.0)
    assert "user-1" not in json.dumps(as_value(found))
    assert from_value(json.loads(json.dumps(as_value(found)))) == found


def test_without_a_champion_there_is_no_lead_over_one() -> None:
    answers = Answers(candidate={"u": ["a"]}, popularity={"u": ["b"]})

    found = evaluate({"u": frozenset({"a"})}, answers, since=1.0, catalog=0)

    assert (found.champion, found.over_champion, found.champion_arn) == (None, None, "")
    assert from_value(as_value(found)) == found


def test_without_anybody_there_is_nothing_to_judge_by() -> None:
    with pytest.raises(ValueError, match="nobody came"):
        evaluate({}, Answers(candidate={}, popularity={}), since=1.0, catalog=1)
