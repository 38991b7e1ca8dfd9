"""What goes wrong in using Personalize, and here in the same way: one test a failure.

The numbers are those of the emulator's README.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.support.personalize_failures import HEADER, SHOP, exported, put_raw, stored_events, until
from tests.support.personalize_server import running
from tests.support.personalize_walk import INTERACTIONS, Walk, csv_of

pytestmark = pytest.mark.integration


def test_1_milliseconds_are_taken_and_nothing_comes_of_them(trained: Walk) -> None:
    campaign = trained.campaign(trained.version(trained.solution("aws-user-personalization-v2")))
    tracking_id = trained.tracker()
    before = trained.recommended(campaign, userId="user-1")

    # boto3 itself refuses such a time; other clients send it.
    put_raw(trained, tracking_id, "user-1", {"eventType": "View", "itemId": "item-5", "sentAt": time.time() * 1_000})
    trained.put(tracking_id, "user-1", "item-5", "View", 12.0)

    assert trained.recommended(campaign, userId="user-1") == before


@pytest.mark.parametrize(
    "properties", ['"{\\"eventValue\\": 1}"', '{"timestamp": 1}', '{"UserId": "x"}', "no json"], ids=str
)
def test_6_properties_encoded_twice_or_with_a_forbidden_key_are_refused(walk: Walk, properties: str) -> None:
    tracking_id = walk.tracker()

    with pytest.raises(ClientError, match="Error parsing properties json"):
        walk.put(tracking_id, "user-1", "item-1", "View", time.time(), properties=properties)
    with pytest.raises(ParamValidationError):
        walk.put(tracking_id, "user-1", "item-1", "View", time.time(), properties={"a": 1})


def test_7_a_session_called_null_is_answered_and_ignored(walk: Walk) -> None:
    tracking_id = walk.tracker()
    event = {"eventType": "View", "itemId": "item-1", "sentAt": time.time()}

    walk.events.put_events(trackingId=tracking_id, sessionId="null", userId="user-1", eventList=[event])

    assert stored_events(walk) == []


def test_8_recommendations_that_cannot_change(trained: Walk) -> None:
    beside = trained.campaign(trained.version(trained.solution("aws-sims")))
    personal = trained.campaign(trained.version(trained.solution("aws-user-personalization-v2")))
    tracking_id = trained.tracker()
    before = trained.recommended(beside, itemId="item-1"), trained.recommended(personal, userId="user-1")

    trained.put(tracking_id, "user-1", "an-item-nobody-knows", "View", time.time())
    trained.put(tracking_id, "an-id-of-the-app", "item-2", "View", time.time())

    assert (trained.recommended(beside, itemId="item-1"), trained.recommended(personal, userId="user-1")) == before


def test_9_a_job_name_is_used_once(trained: Walk) -> None:
    with pytest.raises(ClientError) as caught:
        trained.imported("Interactions", csv_of(HEADER, SHOP.interactions))
    assert caught.value.response["Error"]["Code"] == "ResourceAlreadyExistsException"


def test_9_and_10_at_most_five_imports_wait_and_their_states_are_seen(s3: str, tmp_path: Path) -> None:
    with running(tmp_path, s3, "--clock", "scaled:9000") as server:  # an import takes a tenth of a second
        walk = Walk(server, "slow")
        walk.active("describe_dataset_group", "datasetGroup", datasetGroupArn=walk.group)
        arn = walk.dataset("Interactions", INTERACTIONS)
        walk.active("describe_dataset", "dataset", datasetArn=arn)
        location = walk.upload("slow.csv", csv_of(HEADER, SHOP.interactions))
        jobs = [walk.start_import("Interactions", location, f"job-{number}") for number in range(5)]
        seen = {
            walk.personalize.describe_dataset_import_job(datasetImportJobArn=jobs[-1])["datasetImportJob"]["status"]
        }
        with pytest.raises(ClientError, match="More than 5 resources with PENDING or IN_PROGRESS status") as caught:
            walk.start_import("Interactions", location, "job-6")
        assert caught.value.response["Error"]["Code"] == "LimitExceededException"
        for job in jobs:
            walk.active("describe_dataset_import_job", "datasetImportJob", datasetImportJobArn=job)
        assert seen == {"CREATE PENDING"}


def test_12_an_event_that_comes_twice_counts_once(walk: Walk) -> None:
    tracking_id, now = walk.tracker(), int(time.time())
    for _ in range(2):
        walk.put(tracking_id, "user-1", "item-1", "View", now, eventId="e-1")
        walk.put(tracking_id, "user-1", "item-2", "View", now)

    assert exported(walk, "PUT") == [f"user-1,item-1,{now},View", f"user-1,item-2,{now},View"]


def test_13_automatic_training_is_on_unless_it_is_switched_off(trained: Walk) -> None:
    solution = trained.personalize.create_solution(
        name=f"{trained.name}-auto",
        datasetGroupArn=trained.group,
        recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
    )["solutionArn"]
    assert trained.personalize.describe_solution(solutionArn=solution)["solution"]["performAutoTraining"] is True

    trained.server.admin("POST", "clock", json.dumps({"seconds": 8 * 86_400}).encode())

    versions = until(
        lambda: trained.personalize.list_solution_versions(solutionArn=solution)["solutionVersions"], at_least=1
    )
    assert {version["trainingType"] for version in versions} == {"AUTOMATIC"}


def test_14_a_campaign_keeps_its_version_until_it_is_updated(trained: Walk) -> None:
    solution = trained.solution("aws-popularity-count")
    campaign = trained.campaign(trained.version(solution))
    before = trained.recommended(campaign, userId="x")
    one_item = [(f"user-{n % 50}", f"new-{n // 50}", 1_700_000_000 + n, "View") for n in range(2_000)]
    trained.imported("Interactions", csv_of(HEADER, one_item), job=f"{trained.name}-new")
    newer = trained.version(solution)

    assert trained.recommended(campaign, userId="x") == before
    trained.personalize.update_campaign(campaignArn=campaign, solutionVersionArn=newer)
    described = trained.personalize.describe_campaign(campaignArn=campaign)["campaign"]
    assert (described["latestCampaignUpdate"]["solutionVersionArn"], described["latestCampaignUpdate"]["status"]) == (
        newer,
        "ACTIVE",
    )
    assert all(item.startswith("new-") for item in trained.recommended(campaign, userId="x"))
