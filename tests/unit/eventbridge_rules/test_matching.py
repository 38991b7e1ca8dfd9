"""The matcher decides as EventBridge documents its operators."""

from typing import Any

import pytest

from eventbridge_rules.conditions import InvalidPattern
from eventbridge_rules.matching import matches

pytestmark = pytest.mark.unit

MISSING = "(missing)"  # a name, not an object: test ids are the same in every process


def detail(value: Any) -> dict[str, Any]:
    return {"detail": {} if value is MISSING else {"field": value}}


@pytest.mark.parametrize(
    ("wanted", "hits", "misses"),
    [
        (["a"], ["a", ["b", "a"], [["a"]]], ["A", "ab", 1, None, MISSING, {"a": "a"}]),
        ([1], [1], ["1", True, 1.5, MISSING]),
        ([None], [None], ["", False, MISSING]),
        ([True], [True], [1, "true"]),
        ([{"prefix": "ev"}], ["events/", "ev"], ["raw/ev", "EV", 1, MISSING]),
        ([{"prefix": {"equals-ignore-case": "ev"}}], ["EVENTS"], ["raw"]),
        ([{"suffix": ".gz"}], ["a.gz", ["b", "a.gz"]], ["a.GZ", "gz"]),
        ([{"suffix": {"equals-ignore-case": ".gz"}}], ["a.GZ"], ["a.zip"]),
        ([{"equals-ignore-case": "Alice"}], ["aLICE"], ["alice2"]),
        ([{"wildcard": "dt=*/*.gz"}], ["dt=1/a.gz", "dt=/b/.gz"], ["dt=1.gz", "x/dt=1/a.gz"]),
        ([{"wildcard": r"a\*b"}], ["a*b"], ["axb"]),
        ([{"wildcard": "a?[b]"}], ["a?[b]"], ["axb"]),
        ([{"anything-but": "a"}], ["b", 1, ["a", "b"]], ["a", ["a"], MISSING]),
        ([{"anything-but": ["a", "c"]}], ["b", 2], ["a", "c"]),
        ([{"anything-but": {"prefix": "a"}}], ["ba"], ["ab"]),
        ([{"anything-but": {"suffix": ["a", "b"]}}], ["c"], ["xa", "xb"]),
        ([{"anything-but": {"equals-ignore-case": ["A"]}}], ["b"], ["a"]),
        ([{"anything-but": {"wildcard": "a*z"}}], ["abc"], ["abcz"]),
        ([{"numeric": [">", 0, "<=", 5]}], [5, 0.5, [9, 1]], [0, 5.1, "3", True, MISSING]),
        ([{"numeric": ["=", 3]}], [3, 3.0], [4]),
        ([{"cidr": "10.0.0.0/24"}], ["10.0.0.255"], ["10.0.1.0", "not an address", "::1", 1]),
        ([{"cidr": "2001:db8::/32"}], ["2001:db8::1"], ["2001:db9::1"]),
        ([{"exists": True}], ["", None, [1]], [MISSING, {"inner": 1}, []]),
        ([{"exists": False}], [MISSING, {"inner": 1}], ["", None]),
        (["a", {"exists": False}], ["a", MISSING], ["b"]),
    ],
    ids=str,
)
def test_each_operator_matches_what_it_should(wanted: list[Any], hits: list[Any], misses: list[Any]) -> None:
    pattern = {"detail": {"field": wanted}}

    assert [value for value in hits if not matches(pattern, detail(value))] == []
    assert [value for value in misses if matches(pattern, detail(value))] == []


def test_all_fields_must_match_and_fields_not_asked_for_do_not_matter() -> None:
    pattern = {"source": ["s"], "detail": {"a": [1], "b": [2]}}

    assert matches(pattern, {"source": "s", "detail": {"a": 1, "b": 2, "c": 3}, "id": "x"})
    assert not matches(pattern, {"source": "s", "detail": {"a": 1, "b": 3}})


def test_fields_of_a_list_of_objects_must_match_in_the_same_object() -> None:
    pattern = {"items": {"kind": ["a"], "size": [1]}}

    assert matches(pattern, {"items": [{"kind": "b", "size": 2}, {"kind": "a", "size": 1}]})
    assert not matches(pattern, {"items": [{"kind": "a", "size": 2}, {"kind": "b", "size": 1}]})


def test_or_takes_any_alternative_together_with_its_neighbours() -> None:
    pattern = {"source": ["s"], "$or": [{"a": [1]}, {"detail": {"b": [{"numeric": [">", 1]}]}}]}

    assert matches(pattern, {"source": "s", "a": 1})
    assert matches(pattern, {"source": "s", "detail": {"b": 2}})
    assert not matches(pattern, {"source": "s", "a": 2, "detail": {"b": 1}})
    assert not matches(pattern, {"source": "t", "a": 1})


def test_absence_is_seen_under_a_missing_parent() -> None:
    assert matches({"detail": {"error": [{"exists": False}]}}, {"source": "s"})


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"a": []},
        {"a": "bare value"},
        {"a": {}},
        {"a": [["nested"]]},
        {"a": [{"prefix": 1}]},
        {"a": [{"regex": ".*"}]},
        {"a": [{"prefix": "x", "suffix": "y"}]},
        {"a": [{"exists": "yes"}]},
        {"a": [{"numeric": [">"]}]},
        {"a": [{"numeric": ["!=", 1]}]},
        {"a": [{"numeric": [">", "1"]}]},
        {"a": [{"cidr": "10.0.0.1/24"}]},
        {"a": [{"wildcard": "a**b"}]},
        {"a": [{"wildcard": "a\\b"}]},
        {"a": [{"anything-but": []}]},
        {"a": [{"anything-but": ["a", 1]}]},
        {"a": [{"numeric": ["<", 5_000_000_001]}]},
        {"a": [{"anything-but": {"numeric": [">", 1]}}]},
        {"$or": [{"a": [1]}]},
    ],
    ids=str,
)
def test_what_eventbridge_refuses_is_refused_even_where_no_event_reaches_it(pattern: dict[str, Any]) -> None:
    with pytest.raises(InvalidPattern):
        matches(pattern, {"unrelated": 1})
