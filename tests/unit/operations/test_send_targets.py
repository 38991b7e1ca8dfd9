"""Where a load goes: to the address of the stage, which on the local endpoint is below the endpoint's own."""

from __future__ import annotations

import pytest

from contract.errors import ConfigurationError
from operations.send.targets import reachable

pytestmark = pytest.mark.unit

LOCAL = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}


def test_an_api_on_aws_is_asked_as_its_stack_says() -> None:
    url = "https://abcdef1234.execute-api.eu-west-1.amazonaws.com"

    assert reachable(url, LOCAL) == url


def test_an_api_of_the_local_endpoint_is_asked_by_its_path_whatever_port_it_was_deployed_on() -> None:
    assert (
        reachable("http://0a1b2c3d.execute-api.127.0.0.1:39007", LOCAL)
        == "http://127.0.0.1:4566/_aws/execute-api/0a1b2c3d/$default"
    )


def test_a_stage_without_an_http_api_asks_for_an_address() -> None:
    with pytest.raises(ConfigurationError, match="--url"):
        reachable("", LOCAL)
