"""The command synthesizes a stage with the settings it is given, and refuses what it cannot honour."""

import dataclasses
from pathlib import Path

import pytest

from infra.app import Wheels, build, main
from infra.assembly import read_assembly
from infra.assets import BUILD
from infra.capabilities.catalog import read_tables
from infra.config import STAGES

pytestmark = pytest.mark.integration


def test_settings_on_the_command_line_reach_the_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {
        "--stream_shards": "4",
        "--stream_retention_hours": "72",
        "--gate": "max_psi=0.3,warn=volume",
        "--interactions_source": "stream",
        "--put_events_quota": "2000",
        "--monthly_cap_usd": "50",
        "--alert_email": "shop@example.com",
        "--collector_origins": "https://shop.example",
    }

    words = [word for pair in settings.items() for word in pair]
    main(["--stage", "local", "--out", str(tmp_path), *words, "--collector_truncate_ip"])

    assembly = read_assembly(tmp_path)
    [stream] = assembly.of_type("AWS::Kinesis::Stream")
    [subscription] = assembly.of_type("AWS::SNS::Subscription")
    gates = [job.properties["DefaultArguments"].get("--gate") for job in assembly.of_type("AWS::Glue::Job")]
    assert (stream.properties["ShardCount"], stream.properties["RetentionPeriodHours"]) == (4, 72)
    assert gates == [None, *["max_psi=0.3,warn=volume"] * 3]
    assert subscription.properties["Endpoint"] == "shop@example.com"
    [realtime] = [
        f.properties["Environment"]["Variables"]
        for f in assembly.of_type("AWS::Lambda::Function")
        if f.properties["FunctionName"] == "clickstream-local-realtime"
    ]
    [collector] = [
        f.properties["Environment"]["Variables"]
        for f in assembly.of_type("AWS::Lambda::Function")
        if f.properties["FunctionName"] == "clickstream-local-collector"
    ]
    assert (collector["COLLECTOR_ORIGINS"], collector["COLLECTOR_TRUNCATE_IP"]) == ("https://shop.example", "true")
    assert (realtime["INTERACTIONS_SOURCE"], realtime["PUT_EVENTS_PER_SECOND"]) == ("stream", "500")
    assert "clickstream-local-processing" in capsys.readouterr().out


def test_the_cap_and_the_address_make_a_budget_that_tells(tmp_path: Path, wheels: Wheels) -> None:
    config = dataclasses.replace(STAGES["dev"], monthly_cap_usd=75, alert_email="shop@example.com")

    build(config, tmp_path, wheels=wheels).synth()

    [budget] = read_assembly(tmp_path).of_type("AWS::Budgets::Budget")
    assert budget.properties["Budget"] == {
        "BudgetName": "clickstream-dev-monthly",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 75, "Unit": "USD"},
    }
    assert [
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"], each["Subscribers"])
        for each in budget.properties["NotificationsWithSubscribers"]
    ] == [
        (kind, percent, [{"SubscriptionType": "EMAIL", "Address": "shop@example.com"}])
        for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
    ]


def test_what_was_packaged_for_aws_is_left_alone(tmp_path: Path, wheels: Wheels) -> None:
    def packaged() -> set[tuple[str, int]]:
        return {(path.name, path.stat().st_mtime_ns) for path in BUILD.glob("*.zip")}

    before = packaged()

    build(STAGES["dev"], tmp_path, wheels=wheels)

    assert packaged() == before


@pytest.mark.parametrize(
    ("argument", "value", "told"),
    [("--stream_shards", "0", "stream_shards"), ("--stream_retention_hours", "1", "stream_retention_hours")],
)
def test_a_setting_that_kinesis_refuses_is_refused_first(tmp_path: Path, argument: str, value: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        main(["--stage", "dev", "--out", str(tmp_path), argument, value])


def test_an_unknown_stage_and_an_unknown_setting_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for argv in (["--stage", "test"], ["--stage", "dev", "--shards", "2"]):
        with pytest.raises(SystemExit):
            main([*argv, "--out", str(tmp_path)])
    assert "--shards" in capsys.readouterr().err


def test_the_same_sources_give_the_same_templates(tmp_path: Path) -> None:
    for name in ("first", "second"):
        main(["--stage", "local", "--out", str(tmp_path / name)])

    first, second = (read_assembly(tmp_path / name).templates for name in ("first", "second"))
    assert first == second


def test_tables_that_are_missing_or_of_another_shape_are_refused_by_file(tmp_path: Path) -> None:
    path = tmp_path / "tables.json"
    with pytest.raises(ValueError, match=r"tables.json is missing: generate the contract"):
        read_tables(path)

    path.write_text('{"events": {"bucket": "pond"}}')
    with pytest.raises(ValueError, match=r"tables.json: Invalid enum value 'pond'"):
        read_tables(path)
