"""What a rate takes follows from few numbers, and the page about it has today's."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import pytest

from consumers.personalize_sync.cost import estimate
from consumers.personalize_sync.prices import declared_prices
from consumers.personalize_sync.workload import Workload
from infra.assets import ROOT
from infra.collector_costs import as_function, in_containers, tasks
from infra.collector_costs import table as collector_table
from infra.scaling import RATES, SIZES, Needs, needs, shards_in, shards_table, table

pytestmark = pytest.mark.unit

PAGE = (ROOT / "docs" / "scaling.md").read_text()
COSTS = ((1, 10_000, 1_000), (1_000, 1_000_000, 100_000), (1_000_000, 100_000_000, 1_000_000))


def test_a_thousand_events_a_second_take_this() -> None:
    assert needs(1_000) == Needs(
        events_per_second=1_000,
        megabytes_per_second=0.6,
        shards=2,
        lambdas=2,
        events_a_shard=500,
        put_events_calls=1_000 * 0.8 / 1.5,
        glue_workers=2,
    )


@pytest.mark.parametrize(
    ("rate", "on_demand", "within_quota"), [(1, True, True), (2_000, True, False), (1e6, False, False)]
)
def test_what_must_be_asked_of_aws_is_said(rate: float, on_demand: bool, within_quota: bool) -> None:  # noqa: FBT001
    assert (needs(rate).on_demand, needs(rate).within_quota) == (on_demand, within_quota)


def test_small_events_are_packed_so_that_bytes_decide_and_small_requests_are_not() -> None:
    assert [shards_in(10_000, size) for size in (300, 600, 2_000)] == [5, 9, 29]
    assert shards_in(10_000, 600, records_an_event=1.0) == 15
    assert shards_in(10_000, 600, records_an_event=2 / 25) == 9
    assert shards_in(0.1, 600) == 1


def test_containers_pay_by_the_hour_and_the_function_by_the_request() -> None:
    assert as_function(25) < as_function(5) < as_function(1)
    assert [tasks(1, rate) for rate in (10, 1_000, 100_000)] == [2, 2, 30]
    assert in_containers(1, 1_000) < as_function(1) < in_containers(1, 10)


@pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="events per second"):
        needs(rate)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("needs", table([1, 1_000, 1_000_000])),
        ("shards", shards_table(RATES, SIZES)),
        ("collector", collector_table()),
    ],
)
def test_the_page_has_todays_tables(name: str, lines: Iterator[str]) -> None:
    [shown] = re.findall(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", PAGE, flags=re.DOTALL)

    assert shown.splitlines() == list(lines), "run `python -m infra.scaling` or `infra.collector_costs`, copy it"


def test_the_page_has_todays_costs() -> None:
    shown = [line for line in PAGE.splitlines() if re.match(r"\| [\d,]+ \| \$", line)]

    assert shown == [cost_line(rate, users, items) for rate, users, items in COSTS]


def cost_line(rate: int, users: int, items: int) -> str:
    """A rate's line of the page: what `clickstream cost` says, in two digits."""
    asked = Workload(
        events_per_day=rate * 86_400,
        users=users,
        items=items,
        recommendations_per_day=rate * 8_640,
        raw_days=25,
        streams_to_personalize=needs(rate).within_quota,
    )
    found = estimate(asked, declared_prices())
    each = found.usd_per_month / found.events * 1e6
    return f"| {rate:,} | ${_rounded(found.usd_per_month):,.0f} | ${_rounded(each):,g} |"


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")
