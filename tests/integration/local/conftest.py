"""One local endpoint for the whole session, in a folder of its own."""

from collections.abc import Iterator

import pytest

from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths
from tests.support.local_endpoint import JARS, Local, local_at


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    paths = LocalPaths(home=tmp_path_factory.mktemp("local"))
    endpoint = Endpoint.start(paths=paths, jars=JARS, timed_delivery=False, warm_spark=False, spark_memory="1g")
    yield local_at(endpoint)
    endpoint.stop()
