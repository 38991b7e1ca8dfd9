"""The sample of the last day: whom it has, and that a larger one has all of a smaller one."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from glue_jobs.interactions.last_day import LastDay

pytestmark = pytest.mark.integration

NEWEST = 1_795_400_000


def test_a_sample_has_its_share_of_the_users_with_all_they_did_in_the_day(spark: SparkSession) -> None:
    users = spark.range(2_000).select(F.concat(F.lit("u-"), "id").alias("id"))
    rows = users.select(
        "id", F.explode(F.array(F.lit(NEWEST), F.lit(NEWEST - 100), F.lit(NEWEST - 86_400))).alias("at")
    )
    small, large = LastDay(NEWEST - 86_400, 100_000), LastDay(NEWEST - 86_400, 500_000)

    found = rows.where(small.has() | large.has()).select("id", "at", small.has().alias("small")).collect()

    of_small = [(row["id"], row["at"]) for row in found if row["small"]]
    assert {at for _, at in of_small} == {NEWEST, NEWEST - 100}
    assert len(of_small) == 2 * len({user for user, _ in of_small})
    assert 150 < len({user for user, _ in of_small}) < 250
    assert 900 < len({row["id"] for row in found}) < 1_100
