"""Settings that AWS or our own promises would break are refused when they are made."""

import dataclasses
from typing import Any

import pytest

from infra.config import STAGES, Config

pytestmark = pytest.mark.unit


def test_names_carry_the_stage() -> None:
    config = Config(stage="prod", keep_data=True)

    assert (config.name("events"), config.deployment, config.database) == (
        "clickstream-prod-events",
        "clickstream-prod",
        "clickstream_prod",
    )


def test_only_prod_keeps_its_data_and_only_local_leaves_things_out() -> None:
    assert {name: (config.keep_data, bool(config.left_out)) for name, config in STAGES.items()} == {
        "local": (False, True),
        "dev": (False, False),
        "prod": (True, False),
    }


@pytest.mark.parametrize(
    ("setting", "value"),
    [("stream_retention_hours", 23), ("stream_retention_hours", 8_761), ("stream_shards", 0), ("raw_days", 26)],
)
def test_a_setting_out_of_bounds_is_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(ValueError, match=setting):
        dataclasses.replace(STAGES["dev"], **{setting: value})
