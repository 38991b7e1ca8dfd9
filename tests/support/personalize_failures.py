"""What the tests of failures share: a small shop, exports and reports read back, an S3 that denies."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.personalize_walk import INTERACTIONS, Walk
from tests.support.small_shop import shop

HEADER = [field["name"] for field in INTERACTIONS]
SHOP = shop(("View", "Purchase"))


def put_raw(walk: Walk, tracking_id: str, user: str, event: dict[str, Any]) -> None:
    body = {"trackingId": tracking_id, "userId": user, "sessionId": "s", "eventList": [event]}
    request = urllib.request.Request(f"{walk.server.url}/events", data=json.dumps(body).encode(), method="POST")  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310
        assert response.status == 200


def report(walk: Walk, job: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((walk.server.data / "reports" / f"{job}.json").read_text())
    return report


def stored_events(walk: Walk) -> list[Any]:
    with sqlite3.connect(f"file:{walk.server.data / 'state.sqlite'}?mode=ro", uri=True) as database:
        return database.execute("SELECT * FROM events WHERE dataset = ?", (walk.datasets["Interactions"],)).fetchall()


def exported(walk: Walk, mode: str) -> list[str]:
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


def until(ask: Any, *, at_least: int) -> Sequence[Any]:
    began = time.monotonic()
    while len(found := ask()) < at_least:
        if time.monotonic() - began > 30:
            raise TimeoutError(found)
        time.sleep(0.05)
    return found  # type: ignore[no-any-return]


def delete_all(walk: Walk) -> None:
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
def denying_s3() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Denying)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
