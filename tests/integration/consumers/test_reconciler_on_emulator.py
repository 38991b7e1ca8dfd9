"""The reconciler against the real emulator: files in a bucket become a campaign that answers, by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from consumers.personalize_sync.desired import declared
from consumers.personalize_sync.promotion import PromotionRules
from contract.manifest import FULL, INCREMENTAL
from eventbridge_rules.loading import HERE, read_rules_file
from eventbridge_rules.matching import matches
from glue_jobs.files.publish import Draft, GateRefused, Publisher
from glue_jobs.gate.model import Context
from glue_jobs.gate.settings import Settings as Gate
from tests.support.files_world import MemoryBus, no_documents
from tests.support.personalize_server import Server, running, s3_server
from tests.support.published_shop import csv_of
from tests.support.reconciler_bucket import SCHEMAS
from tests.support.reconciler_emulator import Emulated, Row, tasteful_rows

pytestmark = pytest.mark.integration

ROWS = tasteful_rows()
LATER = tasteful_rows(seed=8)["interactions"]
NOW = datetime(2023, 12, 20, tzinfo=UTC)  # a month after the shop's first visits


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server() as s3, running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


def test_published_files_become_recommendations_and_what_comes_later_is_imported_by_itself(server: Server) -> None:
    deployment = Emulated(server, "shop-a")
    for dataset, rows in ROWS.items():
        deployment.publish(dataset, rows)

    ended = deployment.settle()
    deployment.publish("interactions", LATER, number=2, mode=INCREMENTAL)
    deployment.settle()

    assert ended.is_settled
    assert set(deployment.statuses().values()) == {"ACTIVE"}
    resources = json.loads(deployment.state.items["personalize", "resources"]["value"])
    answer = server.client("personalize-runtime").get_recommendations(
        campaignArn=resources["campaigns"]["user-personalization"]["arn"],
        userId="user-1",
        filterArn=resources["filters"]["recommendable"],
        numResults=5,
    )
    assert len(answer["itemList"]) == 5
    assert [kind for kind, _ in deployment.bus.events if kind == "Personalize Promotion Decided"] != []
    assert [name for name in deployment.statuses() if "import-job/shop-a-interactions" in name] == [
        "dataset-import-job/shop-a-interactions-1-full-1",
        "dataset-import-job/shop-a-interactions-2-incremental-1",
    ]


def test_a_process_that_dies_after_every_call_that_changes_something_gets_there_all_the_same(server: Server) -> None:
    alive, dying = Emulated(server, "shop-b"), Emulated(server, "shop-c")
    for deployment in (alive, dying):
        for dataset, rows in ROWS.items():
            deployment.publish(dataset, rows)
    alive.settle()

    deaths = dying.die_after_each_call()

    assert deaths == 17
    assert dying.made() == [name.replace("shop-b", "shop-c") for name in alive.made()]
    assert set(dying.statuses().values()) == {"ACTIVE"}


def test_what_passes_the_gate_is_imported_by_itself_and_what_fails_is_not_and_the_alert_names_the_rule(
    server: Server,
) -> None:
    deployment, bus = Emulated(server, "shop-d"), MemoryBus()
    for dataset in ("items", "users", "interactions"):
        publish(deployment, bus, dataset, ROWS[dataset], number=1)
    deployment.settle()

    in_milliseconds = [{**row, "TIMESTAMP": row["TIMESTAMP"] * 1_000} for row in LATER]
    with pytest.raises(GateRefused):
        publish(deployment, bus, "interactions", in_milliseconds, number=2)
    deployment.settle()

    imported = [name for name in deployment.made() if name.startswith("dataset-import-job/")]
    assert imported == [
        f"dataset-import-job/shop-d-{dataset}-1-full-1" for dataset in ("interactions", "items", "users")
    ]
    told, detail = bus.told[-1]
    event = {"source": "clickstream.files", "detail-type": told, "detail": detail}
    rules = read_rules_file(HERE / "rules.yaml").rules
    assert [(rule.name, rule.target.topic) for rule in rules if matches(rule.pattern, event)] == [
        ("quality-gate-failed", "alerts")
    ]
    assert [failed["rule"] for failed in detail["rules"]] == ["timestamp_seconds"]


def test_a_challenger_is_asked_by_batch_and_judged_by_what_users_did_next(server: Server) -> None:
    """Margins that anything passes: who wins is another test's business."""
    lenient = PromotionRules(margin_over_champion=-0.9, margin_over_popularity=-0.9, min_users=50)
    deployment = Emulated(server, "shop-e", desired=msgspec.structs.replace(declared(), promotion=lenient))
    for dataset, rows in ROWS.items():
        deployment.publish(dataset, rows)
    deployment.settle()
    deployment.ahead += 7 * 3_600
    deployment.publish("interactions", LATER, number=2, mode=INCREMENTAL)
    waiting = deployment.settle()
    deployment.ahead += 3_600
    at = int(deployment.clock())
    # So few rows that they are not imported, and give no reason to train again.
    deployment.publish("interactions", [{**row, "TIMESTAMP": at} for row in LATER[::4]], number=3, mode=INCREMENTAL)

    deployment.settle()

    assert [why for why in waiting.waits if "0 of 50 users came" in why] != []
    [evaluation] = [
        json.loads(item["value"])["ours"]
        for (pk, _), item in deployment.state.items.items()
        if pk == "evaluation" and "ours" in item["value"]
    ]
    assert evaluation["users"] > 50
    assert evaluation["candidate"]["ndcg_at_25"] > 0.0
    assert len([name for name in deployment.statuses() if name.startswith("batch-inference-job/")]) == 3
    decisions = [detail for kind, detail in deployment.bus.events if kind == "Personalize Promotion Decided"]
    assert decisions[-1]["Numbers"]["users"] == evaluation["users"]


def publish(deployment: Emulated, bus: MemoryBus, dataset: str, rows: Sequence[Row], *, number: int) -> None:
    """Past the real gate."""
    store = deployment.store
    key = f"_staging/{dataset}/files/repeated=false/bucket=0/part.txt"
    store.put(key, csv_of(dataset, rows))
    draft = Draft(
        dataset=dataset,
        number=number,
        mode=FULL,
        covers=number,
        sources=(),
        outcomes={"delivered": len(rows)},
        settings={"number": str(number)},
        schema=SCHEMAS[dataset].encode(),
        context=Context(mode=FULL, now=NOW),
    )
    Publisher(store=store, bus=bus, gate=Gate(), document=no_documents, clock=lambda: NOW, run_id="run").publish(draft)
