"""Settings that AWS or our own promises would break are refused when they are made."""

import dataclasses
from typing import Any

import pytest

from infra.config import SETTINGS, STAGES, Config

pytestmark = pytest.mark.unit


def test_names_carry_the_stage() -> None:
    config = Config(stage="prod", keep_data=True)

    assert (config.name("events"), config.deployment, config.database) == (
        "clickstream-prod-events",
        "clickstream-prod",
        "clickstream_prod",
    )


def test_data_files_may_ask_for_settings_and_the_usual_gate_has_a_name() -> None:
    usual, own = Config(stage="dev", keep_data=False), Config(stage="dev", keep_data=False, gate="max_psi=0.3")

    assert usual.settings() == {
        "setting:lake_partition": "day",
        "setting:gate": "default",
        "setting:bus": "clickstream-dev",
    }
    assert own.settings()["setting:gate"] == "max_psi=0.3"
    assert set(usual.settings()) == set(SETTINGS)


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
