"""A person's word for a publication that is held: noted where it can help, refused where it cannot."""

from __future__ import annotations

import pytest

from consumers.personalize_sync.bucket import S3Files
from contract.errors import ConfigurationError
from contract.manifest import INCREMENTAL
from operations.force_import import force
from tests.support.reconciler_bucket import SCHEMAS, publish
from tests.support.reconciler_imports import imports, key
from tests.support.reconciler_world import Deployment

pytestmark = pytest.mark.unit

ADA = "arn:aws:sts::000000000000:assumed-role/operator/ada"


def say(world: Deployment, manifest_key: str) -> int:
    """The rows of the publication that the word is for."""
    files = S3Files(world.s3, "bucket", SCHEMAS)
    return force(manifest_key, files=files, state=world.state, who=ADA, at=world.now).rows


def forced(world: Deployment) -> dict[str, dict[str, object]]:
    return {sk: item for (pk, sk), item in world.state.items.items() if pk == "personalize-forced"}


def test_a_held_publication_is_imported_once_somebody_says_so_and_his_name_is_kept() -> None:
    world = Deployment.published()
    world.settle()
    publish(world.s3, "interactions", 2, rows=10)
    world.settle()
    before = imports(world)

    rows = say(world, key(2))
    said_at = round(world.now)
    world.settle()

    assert (rows, before, imports(world)) == (10, ["1-full-1"], ["1-full-1", "2-full-1"])
    assert forced(world) == {key(2): {"who": ADA, "at": said_at}}


@pytest.mark.parametrize(
    ("manifest_key", "why"),
    [
        ("", "'' is no READY manifest"),
        ("_ready/interactions/1.json", "is no READY manifest"),
        ("_ready/orders/0000000001.json", "is no READY manifest"),
        ("_ready/interactions/" + "\N{ARABIC-INDIC DIGIT ONE}" * 10 + ".json", "is no READY manifest"),
        ("_ready/interactions/0000000001.json\n", "is no READY manifest"),
        ("_ready/interactions/../items/0000000001.json", "is no READY manifest"),
        (key(9), f"is no READY manifest of this deployment: {key(9)} is missing"),
        (key(4), "is no READY manifest of this deployment: its manifest cannot be read: JSONDecodeError"),
        (key(3), "is INCREMENTAL: it replaces nothing"),
        (key(1), f"is not imported any more: {key(2)} is a newer FULL publication"),
    ],
)
def test_a_word_that_would_change_nothing_is_refused(manifest_key: str, why: str) -> None:
    world = Deployment.published()
    publish(world.s3, "interactions", 2, rows=10)
    publish(world.s3, "interactions", 3, mode=INCREMENTAL)
    world.s3.objects[key(4)] = b"{"

    with pytest.raises(ConfigurationError) as refused:
        say(world, manifest_key)

    assert why in str(refused.value)
    assert forced(world) == {}
