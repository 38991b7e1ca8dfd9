"""What it costs, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from consumers.personalize_sync.cost import (
    CampaignUse,
    Estimate,
    estimate,
    idle_campaigns,
    idle_price,
    refuse,
    training_price,
)
from consumers.personalize_sync.prices import declared_prices, load_prices
from consumers.personalize_sync.workload import Workload, uses, workload_of
from contract.errors import ConfigurationError
from tests.support.challenger_facts import DAY, HOUR, NOW, data

pytestmark = pytest.mark.unit

PRICES = declared_prices()
V1, V2 = "arn:aws:personalize:::recipe/aws-popularity-count", "arn:aws:personalize:::recipe/aws-user-personalization-v2"


def of(**more: Any) -> Estimate:
    base: dict[str, Any] = {"events_per_day": 100_000, "users": 10_000, "items": 1_000}
    return estimate(Workload(**base | more), PRICES)


def usd(found: Estimate, price: str) -> float:
    return sum(line.usd for line in found.lines if line.price == price)


def quantity(found: Estimate, price: str) -> float:
    return sum(line.quantity for line in found.lines if line.price == price)


def test_every_price_says_when_and_where_from_and_those_from_memory_say_so() -> None:
    assert all(price.as_of and price.source and price.unit for price in PRICES.values())
    assert {name for name, price in PRICES.items() if price.verified == ("memory" in price.source)} == {
        "personalize-batch-v1"  # its sources disagree
    }


def test_every_price_is_used_and_every_use_has_a_price() -> None:
    loads = [Workload(events_per_day=1, users=1, items=1, shards=shards) for shards in (0, 2)]
    used = {use.price for load in loads for use in uses(load)}

    assert used | {"personalize-campaign-v1"} == set(PRICES)


def test_an_idle_campaign_costs_its_minimum_day_and_night() -> None:
    assert usd(of(), "personalize-requests-v2") == pytest.approx(3_600 * 730 / 1_000 * 0.15)
    assert idle_price(V1, 1, PRICES) == pytest.approx(146)
    assert idle_price(V2, 2, PRICES) == pytest.approx(788.4)


def test_requests_beyond_the_minimum_are_what_is_billed() -> None:
    busy = of(recommendations_per_day=1_000_000)

    assert quantity(busy, "personalize-requests-v2") == pytest.approx(1_000 * 365 / 12)


def test_trainings_are_priced_by_what_they_consider() -> None:
    assert training_price(V2, 5_000_000, PRICES) == pytest.approx(10)
    assert training_price(V1, 100_000, PRICES) == pytest.approx(2.1 * 0.24)
    assert training_price(V1, 37_500_000, PRICES) == pytest.approx(54 * 0.24, rel=0.05)


def test_no_training_considers_more_than_personalize_does() -> None:
    assert quantity(of(events_per_day=1e11, trainings_per_month=1), "personalize-training-v2") == pytest.approx(3e6)


def test_a_stream_by_shards_is_billed_by_shards() -> None:
    by_shards = of(shards=4)

    assert quantity(by_shards, "kinesis-shard") == pytest.approx(4 * 730)
    assert usd(by_shards, "kinesis-on-demand-stream") == 0


def test_what_is_not_done_is_not_billed() -> None:
    whole = quantity(of(), "personalize-ingestion")
    parts = [of(streams_to_personalize=False), of(imports_files=False)]

    assert sum(quantity(part, "personalize-ingestion") for part in parts) == pytest.approx(whole)
    assert all(quantity(part, "personalize-ingestion") < whole for part in parts)


def test_the_price_of_a_million_events_falls_as_they_grow_in_number() -> None:
    few, many = (of(events_per_day=n).usd_per_million_events for n in (1_000, 1_000_000))

    assert few is not None
    assert many is not None
    assert few > 10 * many
    assert of(events_per_day=0).usd_per_million_events is None


def test_the_estimate_adds_up() -> None:
    found = of()

    assert found.usd_per_month == pytest.approx(sum(line.quantity * PRICES[line.price].usd for line in found.lines))
    assert found.usd_per_million_events == pytest.approx(found.usd_per_month / (100_000 * 365 / 12) * 1e6)


def test_over_the_cap_is_refused_with_what_costs_most() -> None:
    found = of(history_rows=5_000_000)

    assert refuse(found, found.usd_per_month) is None
    said = refuse(found, 100.0)
    assert said is not None
    assert said.startswith(f"An estimated ${found.usd_per_month:,.2f} a month is over the cap of $100.00; most of it: ")
    assert "personalize-requests-v2 $394.20 (1 campaign(s): minimum TPS, day and night)" in said


def test_a_workload_is_read_from_the_data_there_is() -> None:
    found = workload_of(data(80_000), users=7, items=30, recommendations_per_day=100)

    assert (found.events_per_day, found.users, found.items, found.history) == (10_000, 500, 30, 80_000)
    assert found.row_bytes == 80


def test_a_campaign_that_nobody_asked_for_a_day_is_warned_of() -> None:
    def campaign(name: str, *, requests: int, hours: float) -> CampaignUse:
        return CampaignUse(name=name, recipe=V2, min_tps=1, active_since=NOW - hours * HOUR, requests=requests)

    campaigns = [
        campaign("idle", requests=0, hours=24),
        campaign("young", requests=0, hours=23),
        campaign("busy", requests=1, hours=48),
    ]

    assert list(idle_campaigns(campaigns, PRICES, now=NOW)) == [
        (
            "idle",
            (
                "Campaign idle is active and nobody asked it for 24 hours: about $394 a month for nothing. Delete "
                "it, or serve from it."
            ),
        )
    ]


GLUE = '[glue]\nusd = {usd}\nunit = "{unit}"\nas_of = "2027-01"\nsource = "the bill"\nverified = true\n'


def test_a_file_replaces_the_prices_that_it_names() -> None:
    prices = load_prices(GLUE.format(usd=1, unit="DPU hour"), PRICES)

    assert (prices["glue"].usd, prices["glue"].as_of, prices["firehose"]) == (1, "2027-01", PRICES["firehose"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[glu]\n" + GLUE.format(usd=1, unit="DPU hour").split("\n", 1)[1], "there is no glu"),
        (GLUE.format(usd=-1, unit="DPU hour"), ">= 0"),
        (GLUE.format(usd=1, unit="minute"), "by 'DPU hour', not by 'minute'"),
        ("[glue]\nusd = 1", "missing required field"),
        ("[glue", "prices: "),
        (GLUE.format(usd=1, unit="DPU hour") + "discount = 1", "unknown field"),
    ],
    ids=["no such price", "negative", "another unit", "no source", "no TOML", "unknown key"],
)
def test_a_file_that_makes_no_sense_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load_prices(text, PRICES)


def test_a_day_counts_a_day_at_least() -> None:
    assert data(5_000, oldest=int(NOW - 60)).rows_a_day == 5_000
    assert data(5_000, oldest=int(NOW - 2 * DAY)).rows_a_day == 2_500
