"""The failures that teams meet with Personalize, one test each: refused or swallowed here as there.

The numbers are those of the list in the emulator's README.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.support.personalize_server import Server, running, s3_server
from tests.support.personalize_walk import INTERACTIONS, Failed, Walk, csv_of
from tests.support.small_shop import shop

pytestmark = pytest.mark.integration

HEADER = [field["name"] for field in INTERACTIONS]
NAMES = iter(f"group-{number}" for number in range(1_000))
SHOP = shop(("View", "Purchase"))


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture(scope="module")
def server(s3: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


@pytest.fixture
def walk(server: Server) -> Iterator[Walk]:
    """A group with an empty Interactions dataset, of the five that an account may have."""
    walk = Walk(server, next(NAMES))
    walk.dataset("Interactions", INTERACTIONS)
    yield walk
    _delete(walk)


@pytest.fixture
def trained(walk: Walk) -> Walk:
    walk.imported("Interactions", csv_of(HEADER, SHOP.interactions))
    return walk


def test_1_milliseconds_are_taken_and_nothing_comes_of_them(trained: Walk) -> None:
    campaign = trained.campaign(trained.version(trained.solution("aws-user-personalization-v2")))
    tracking_id = trained.tracker()
    before = trained.recommended(campaign, userId="user-1")

    # boto3 itself refuses such a time; other clients send it.
    _put_raw(trained, tracking_id, "user-1", {"eventType": "View", "itemId": "item-5", "sentAt": time.time() * 1_000})
    trained.put(tracking_id, "user-1", "item-5", "View", 12.0)

    assert trained.recommended(campaign, userId="user-1") == before


def test_1_milliseconds_in_a_file_are_imported_and_reported(walk: Walk) -> None:
    rows = [(user, item, at * 1_000, kind) for user, item, at, kind in SHOP.interactions]

    walk.imported("Interactions", csv_of(HEADER, rows), job=f"{walk.name}-ms")

    assert _report(walk, f"{walk.name}-ms")["warnings"] == [
        f"{len(rows)} times have more than ten digits: they must be Unix seconds."
    ]


def test_2_a_missing_column_and_a_wrong_cell_fail_the_import_and_are_named(walk: Walk) -> None:
    without = csv_of(HEADER[:3], [row[:3] for row in SHOP.interactions])
    wrong = csv_of(HEADER, [*SHOP.interactions, ("user-1", "", 1_700_000_000, "View")])

    with pytest.raises(Failed, match=r"Input CSV is missing the following columns: \[EVENT_TYPE\]"):
        walk.imported("Interactions", without, job=f"{walk.name}-without")
    with pytest.raises(Failed, match="Input csv has rows that do not conform to the dataset schema"):
        walk.imported("Interactions", wrong, job=f"{walk.name}-wrong")

    [problem] = _report(walk, f"{walk.name}-wrong")["problems"]
    assert (problem["file"], problem["row"], problem["column"]) == (
        f"s3://data/{walk.name}-wrong.csv",
        len(SHOP.interactions) + 2,
        "ITEM_ID",
    )


def test_3_too_few_interactions_of_a_type_fail_the_training(trained: Walk) -> None:
    rare = [(user, item, at, "Gift") for user, item, at, _ in SHOP.interactions[:999]]
    trained.imported("Interactions", csv_of(HEADER, [*SHOP.interactions, *rare]), job=f"{trained.name}-2")

    with pytest.raises(Failed, match="Dataset has fewer than 1000 interactions after filtering by event type: Gift"):
        trained.version(trained.solution("aws-user-personalization-v2", eventType="Gift"))


def test_3_too_few_users_fail_the_training(walk: Walk) -> None:
    rows = [(f"user-{n % 24}", f"item-{n % 90}", 1_700_000_000 + n, "View") for n in range(1_000)]
    walk.imported("Interactions", csv_of(HEADER, rows))

    with pytest.raises(Failed, match="Dataset has fewer than 25 users with at least 2 interactions each"):
        walk.version(walk.solution("aws-user-personalization-v2"))


def test_4_event_types_that_are_reserved_words_fail_the_training(walk: Walk) -> None:
    walk.imported("Interactions", csv_of(HEADER, [(u, i, at, "EVENT_TYPE") for u, i, at, _ in SHOP.interactions]))

    with pytest.raises(Failed, match="All values in the event_type column are either reserved keywords or null"):
        walk.version(walk.solution("aws-user-personalization-v2"))


def test_5_a_bucket_that_may_not_be_read_and_one_that_is_not_there(walk: Walk, tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"Invalid Data location\."):
        walk.active(
            "describe_dataset_import_job",
            "datasetImportJob",
            datasetImportJobArn=walk.start_import("Interactions", "s3://no-such-bucket/x.csv", f"{walk.name}-nowhere"),
        )
    with _denying_s3() as url, running(tmp_path, url) as server:
        other = Walk(server, "denied")
        other.dataset("Interactions", INTERACTIONS)
        arn = other.start_import("Interactions", "s3://data/x.csv", "denied")
        with pytest.raises(Failed, match=r"Insufficient privileges for accessing data in Amazon S3\."):
            other.active("describe_dataset_import_job", "datasetImportJob", datasetImportJobArn=arn)


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

    assert _events(walk) == []


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


def test_11_full_replaces_what_was_imported_and_keeps_what_was_put(trained: Walk) -> None:
    trained.put(trained.tracker(), "user-put", "item-put", "View", 1_700_000_000)
    other = [(f"other-{user}", item, at, kind) for user, item, at, kind in SHOP.interactions]

    trained.imported("Interactions", csv_of(HEADER, other), job=f"{trained.name}-full")

    users = {row.split(",")[0] for row in _exported(trained, "ALL")}
    assert users == {f"other-{user}" for user, _ in SHOP.users} | {"user-put"}


def test_11_an_increment_needs_a_first_import_and_a_thousand_rows(walk: Walk) -> None:
    few = csv_of(HEADER, SHOP.interactions[:999])

    with pytest.raises(ClientError, match="INCREMENTAL"):
        walk.imported("Interactions", few, mode="INCREMENTAL")
    walk.imported("Interactions", csv_of(HEADER, SHOP.interactions))
    with pytest.raises(Failed, match="at least 1000"):
        walk.imported("Interactions", few, job=f"{walk.name}-few", mode="INCREMENTAL")


def test_12_an_event_that_comes_twice_counts_once(walk: Walk) -> None:
    tracking_id, now = walk.tracker(), int(time.time())
    for _ in range(2):
        walk.put(tracking_id, "user-1", "item-1", "View", now, eventId="e-1")
        walk.put(tracking_id, "user-1", "item-2", "View", now)

    assert _exported(walk, "PUT") == [f"user-1,item-1,{now},View", f"user-1,item-2,{now},View"]


def test_13_automatic_training_is_on_unless_it_is_switched_off(trained: Walk) -> None:
    solution = trained.personalize.create_solution(
        name=f"{trained.name}-auto",
        datasetGroupArn=trained.group,
        recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
    )["solutionArn"]
    assert trained.personalize.describe_solution(solutionArn=solution)["solution"]["performAutoTraining"] is True

    trained.server.admin("POST", "clock", json.dumps({"seconds": 8 * 86_400}).encode())

    versions = _until(
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


def test_15_long_values_stray_files_and_filters_on_booleans(server: Server) -> None:
    walk = Walk(server, next(NAMES))
    walk.dataset(
        "Items",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "KIND", "type": "string", "categorical": True},
            {"name": "ON_SALE", "type": "boolean"},
        ],
    )
    header = ["ITEM_ID", "KIND", "ON_SALE"]
    try:
        with pytest.raises(Failed, match="do not conform"):
            walk.imported("Items", csv_of(header, [("item-1", "x" * 1_001, "true")]), job=f"{walk.name}-long")
        location = f"s3://data/{walk.name}/"
        walk.upload(f"{walk.name}/part-0.csv", csv_of(header, [("item-1", "x", "true")]))
        walk.upload(f"{walk.name}/_SUCCESS", b"")
        with pytest.raises(Failed):
            walk.active(
                "describe_dataset_import_job",
                "datasetImportJob",
                datasetImportJobArn=walk.start_import("Items", location, f"{walk.name}-stray"),
            )
        [problem] = _report(walk, f"{walk.name}-stray")["problems"]
        assert problem["file"] == f"{location}_SUCCESS"
        with pytest.raises(ClientError, match="Could not create filter"):
            walk.filter("sale", 'INCLUDE ItemID WHERE Items.ON_SALE IN ("true")')
    finally:
        _delete(walk)


def _put_raw(walk: Walk, tracking_id: str, user: str, event: dict[str, Any]) -> None:
    body = {"trackingId": tracking_id, "userId": user, "sessionId": "s", "eventList": [event]}
    request = urllib.request.Request(f"{walk.server.url}/events", data=json.dumps(body).encode(), method="POST")  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310
        assert response.status == 200


def _report(walk: Walk, job: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((walk.server.data / "reports" / f"{job}.json").read_text())
    return report


def _events(walk: Walk) -> list[Any]:
    with sqlite3.connect(f"file:{walk.server.data / 'state.sqlite'}?mode=ro", uri=True) as database:
        return database.execute("SELECT * FROM events WHERE dataset = ?", (walk.datasets["Interactions"],)).fetchall()


def _exported(walk: Walk, mode: str) -> list[str]:
    """Sorted rows of the Interactions dataset."""
    name = f"{walk.name}-{mode.lower()}"
    arn = walk.personalize.create_dataset_export_job(
        jobName=name,
        datasetArn=walk.datasets["Interactions"],
        ingestionMode=mode,
        roleArn="arn:aws:iam::000000000000:role/x",
        jobOutput={"s3DataDestination": {"path": f"s3://data/export-{name}/"}},
    )["datasetExportJobArn"]
    walk.active("describe_dataset_export_job", "datasetExportJob", datasetExportJobArn=arn)
    s3 = walk.server.s3()
    [found] = s3.list_objects_v2(Bucket="data", Prefix=f"export-{name}/")["Contents"]
    return sorted(s3.get_object(Bucket="data", Key=found["Key"])["Body"].read().decode().splitlines()[1:])


def _until(ask: Any, *, at_least: int) -> Sequence[Any]:
    began = time.monotonic()
    while len(found := ask()) < at_least:
        if time.monotonic() - began > 30:
            raise TimeoutError(found)
        time.sleep(0.05)
    return found  # type: ignore[no-any-return]


def _delete(walk: Walk) -> None:
    """Everything of the group, in the order that its uses allow."""
    walk.server.idle()
    api, group = walk.personalize, {"datasetGroupArn": walk.group}
    solutions = [each["solutionArn"] for each in api.list_solutions(**group)["solutions"]]
    for solution in solutions:
        for campaign in api.list_campaigns(solutionArn=solution)["campaigns"]:
            api.delete_campaign(campaignArn=campaign["campaignArn"])
        api.delete_solution(solutionArn=solution)
    for tracker in api.list_event_trackers(**group)["eventTrackers"]:
        api.delete_event_tracker(eventTrackerArn=tracker["eventTrackerArn"])
    for each in api.list_filters(**group)["Filters"]:
        api.delete_filter(filterArn=each["filterArn"])
    for dataset in api.list_datasets(**group)["datasets"]:
        api.delete_dataset(datasetArn=dataset["datasetArn"])
    api.delete_dataset_group(**group)


class _Denying(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        self.send_response(403)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@contextlib.contextmanager
def _denying_s3() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Denying)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
