"""The endpoint under test: the one ENDPOINT names, else our own for the session."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import localstack_client.session
import pytest

from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("ENDPOINT")
    if given:
        yield given
        return
    endpoint = Endpoint.start(
        paths=LocalPaths(home=tmp_path_factory.mktemp("endpoint")),
        jars=LocalPaths().jars,
        warm_spark=False,
        timed_delivery=False,
    )
    yield endpoint.url
    endpoint.stop()


@pytest.fixture(scope="session")
def client(url: str) -> Client:
    """boto3 clients as localstack-client makes them for any endpoint that is compatible."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", url)  # read by localstack-client before anything else
        session = localstack_client.session.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
        )
    clients: dict[str, Any] = {}

    def make(service: str) -> Any:
        if service not in clients:
            clients[service] = session.client(service)
        return clients[service]

    return make
