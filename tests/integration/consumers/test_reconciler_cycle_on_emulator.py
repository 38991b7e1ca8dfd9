"""The reconciler against the real emulator: files in a bucket become a campaign that answers, by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.personalize_server import Server, running, s3_server
from tests.support.reconciler_emulator import Emulated, tasteful_rows

pytestmark = pytest.mark.integration

ROWS = tasteful_rows()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server() as s3, running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


def test_published_files_become_recommendations_without_a_person(server: Server) -> None:
    deployment = Emulated(server, "shop-a")
    for dataset, rows in ROWS.items():
        deployment.publish(dataset, rows)

    ended = deployment.settle()

    assert ended.is_settled
    resources = json.loads(deployment.state.items["personalize", "resources"]["value"])
    campaign = resources["campaigns"]["user-personalization"]
    answer = server.client("personalize-runtime").get_recommendations(
        campaignArn=campaign["arn"], userId="user-1", filterArn=resources["filters"]["exclude-purchased"], numResults=5
    )
    assert len(answer["itemList"]) == 5
