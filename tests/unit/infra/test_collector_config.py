"""A collector that could not be deployed, or would let events in over an open line, is refused before it is tried."""

from typing import Any

import pytest

from infra.collector_config import CollectorConfig

pytestmark = pytest.mark.unit

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d"


def test_without_settings_it_is_a_function_whose_keys_are_in_ssm() -> None:
    config = CollectorConfig()

    assert (config.entry, config.write_keys, config.jwt_issuer) == ("lambda", None, "")


def test_an_image_is_a_repository_and_a_tag() -> None:
    config = CollectorConfig(entry="fargate", image="shop/collector:2026-11-23", certificate_arn=CERTIFICATE)

    assert (config.repository, config.tag) == ("shop/collector", "2026-11-23")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"entry": "fargate", "certificate_arn": CERTIFICATE}, "image"),
        ({"entry": "fargate", "image": "collector", "certificate_arn": CERTIFICATE}, "image"),
        ({"entry": "fargate", "image": "collector:1"}, "certificate_arn"),
        ({"entry": "fargate", "image": "collector:1", "certificate_arn": "arn:aws:s3:::bucket"}, "certificate_arn"),
        ({"jwt_issuer": "https://login.example"}, "jwt_audience"),
        ({"jwt_audience": "events"}, "jwt_issuer"),
        ({"jwt_issuer": "http://login.example", "jwt_audience": "events"}, "jwt_issuer"),
        ({"origins": "https://shop.example,shop.example"}, "'shop.example'"),
        ({"origins": "https://shop.example/page"}, "origins"),
        ({"write_keys": ""}, "write_keys"),
        ({"write_keys": "[]"}, "write_keys"),
        ({"write_keys": '[{"name": "web", "key": "secret"}]'}, "write_keys"),
        ({"write_keys": '[{"name": "web", "sha256": "secret"}]'}, "write_keys"),
        (
            {"entry": "fargate", "jwt_issuer": "https://login.example", "jwt_audience": "events"},
            "containers have no way out",
        ),
        ({"requests_per_second": 0}, "requests_per_second"),
        ({"tasks": (3, 2)}, "tasks"),
        ({"tasks": (0, 2)}, "tasks"),
        ({"image": "collector:1"}, "image: of no use to entry 'lambda'"),
        ({"certificate_arn": CERTIFICATE, "spool": False}, "certificate_arn, spool: of no use to entry 'lambda'"),
        ({"tasks": (1, 2)}, "tasks: of no use to entry 'lambda'"),
        (
            {"entry": "fargate", "image": "collector:1", "certificate_arn": CERTIFICATE, "requests_per_second": 5},
            "requests_per_second: of no use to entry 'fargate'",
        ),
        ({"entry": "none", "truncate_ip": True}, "truncate_ip: of no use to entry 'none'"),
    ],
)
def test_what_it_cannot_be_is_refused_by_name(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        CollectorConfig(**settings)
