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
        "setting:bus": "clickstream-dev",
        "setting:collector_origins": "",
        "setting:collector_parse_user_agent": "false",
        "setting:collector_truncate_ip": "false",
        "setting:collector_write_keys": "",
        "setting:collector_write_keys_parameter": "/clickstream-dev/collector-write-keys",
        "setting:gate": "default",
        "setting:interactions_source": "both",
        "setting:lake_partition": "day",
        "setting:monthly_cap": "600",
        "setting:poll_seconds": "5.0",
        "setting:put_events_per_second": "250",
        "setting:stage": "dev",
        "setting:warming_calls_per_second": "10",
    }
    assert own.settings()["setting:gate"] == "max_psi=0.3"
    assert set(usual.settings()) == set(SETTINGS)


@pytest.mark.parametrize(("shards", "each"), [(None, "250"), (1, "1000"), (3, "333"), (1_000, "1")])
def test_the_quota_for_put_events_is_shared_by_the_shards(shards: int | None, each: str) -> None:
    config = Config(stage="dev", keep_data=False, stream_shards=shards)

    assert config.settings()["setting:put_events_per_second"] == each


def test_only_prod_keeps_its_data_and_only_local_leaves_things_out() -> None:
    assert {name: (config.keep_data, bool(config.left_out)) for name, config in STAGES.items()} == {
        "local": (False, True),
        "dev": (False, False),
        "prod": (True, False),
    }


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("stream_retention_hours", 23),
        ("stream_retention_hours", 8_761),
        ("stream_shards", 0),
        ("raw_days", 26),
        ("put_events_quota", 3),
        ("monthly_cap_usd", 0),
        ("poll_seconds", 0.0),
        ("warming_calls_per_second", 0.0),
    ],
)
def test_a_setting_out_of_bounds_is_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(ValueError, match=setting):
        dataclasses.replace(STAGES["dev"], **{setting: value})
