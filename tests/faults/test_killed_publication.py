"""A publication that is killed at any moment, and made again, is whole or is not there; nobody is left unheard."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.manifest import FULL, Manifest, Source, encode_manifest
from glue_jobs.files.bus import Bus
from glue_jobs.files.history import read_history
from glue_jobs.files.publish import Draft, Publisher
from glue_jobs.gate.model import Context
from glue_jobs.gate.settings import Settings
from glue_jobs.store import Store
from tests.support.files_world import MemoryBus, no_documents
from tests.support.folder_store import FolderStore
from tests.support.mortal import Fuse, Killed, MortalBus, MortalStore
from tests.support.personalize_files import NOW, good, schema_of

pytestmark = pytest.mark.faults

MOMENTS = 20
DATASET = "interactions"
FILES = good("Interactions").files


@dataclass(frozen=True, slots=True)
class Place:
    root: Path
    bus: MemoryBus = field(default_factory=MemoryBus)

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.root)

    def stage(self) -> None:
        """As Spark leaves it."""
        staging = "_staging/interactions/files"
        for bucket, data in enumerate(FILES.values()):
            self.store.put(f"{staging}/repeated=false/bucket={bucket}/part-{bucket}.txt", data)
        self.store.put(f"{staging}/repeated=true/bucket=0/part-0.txt", b"x\nx\n")
        for repeated in ("false", "true"):
            self.store.put(f"{staging}/repeated={repeated}/bucket=-1/part-9.txt", b"newest\n")
        self.store.put(f"{staging}/_SUCCESS", b"")

    def publish(self, number: int, store: Store | None = None, bus: Bus | None = None) -> Manifest:
        rows = sum(data.count(b"\n") - 1 for data in FILES.values())
        draft = Draft(
            dataset=DATASET,
            number=number,
            mode=FULL,
            covers=number,
            sources=(Source(key=f"events/{number}", etag="e"),),
            outcomes={"delivered": rows + 2},
            settings={},
            schema=json.dumps(schema_of("Interactions")).encode(),
            context=Context(mode=FULL, now=NOW),
        )
        return self.publisher(store, bus).publish(draft)

    def publisher(self, store: Store | None = None, bus: Bus | None = None) -> Publisher:
        return Publisher(
            store=store or self.store,
            bus=bus or self.bus,
            gate=Settings(),
            document=no_documents,
            clock=lambda: NOW,
            run_id="run",
        )

    def objects(self) -> dict[str, bytes]:
        return {found.key: self.store.read(found.key) for found in self.store.list("")}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One good publication, and the files of the next staged."""
    place = Place(tmp_path_factory.mktemp("before"))
    place.stage()
    place.publish(1)
    place.stage()
    return place


@pytest.fixture(scope="module")
def undisturbed(before: Place, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    place = copied(before, tmp_path_factory.mktemp("undisturbed") / "place")
    place.publish(2)
    return place.objects()


def test_killed_at_every_moment_it_publishes_nothing_or_all_of_it(
    before: Place, undisturbed: Mapping[str, bytes], tmp_path: Path
) -> None:
    moments = effects(copied(before, tmp_path / "counted"))
    assert 2 * moments >= MOMENTS

    for number in range(1, moments + 1):
        for after in (False, True):
            place = copied(before, tmp_path / f"killed-{number}-{after}")
            fuse = Fuse(left=number, after=after)
            with pytest.raises(Killed):
                place.publish(2, MortalStore(place.store, fuse), MortalBus(place.bus, fuse))
            require_whole(place)

            run_again(place)

            when = f"killed {'after' if after else 'before'} effect {number}"
            assert place.objects() == undisturbed, when
            assert [detail["number"] for _, detail in place.bus.told][-1:] == [2], when
            assert len(place.bus.told) <= 2, when


def effects(place: Place) -> int:
    fuse = Fuse(left=1_000_000)
    place.publish(2, MortalStore(place.store, fuse), MortalBus(place.bus, fuse))
    return 1_000_000 - fuse.left


def run_again(place: Place) -> None:
    """What the next run of a job does: tell what nobody heard of, or stage and publish anew."""
    history = read_history(place.store, DATASET)
    if history.next_number == 3:
        place.publisher().finish(DATASET, history)
    else:
        place.publisher().clear(DATASET)
        place.stage()
        place.publish(2)


def require_whole(place: Place) -> None:
    """Every manifest's files are there, byte for byte, with nothing beside them."""
    history = read_history(place.store, DATASET)
    assert [manifest.number for manifest in history.manifests] in ([1], [1, 2])
    for manifest in history.manifests:
        assert encode_manifest(manifest) == place.store.read(manifest.key)
        there = {o.key: hashlib.sha256(place.store.read(o.key)).hexdigest() for o in place.store.list(manifest.prefix)}
        assert there == {file.key: file.sha256 for file in manifest.files}
        assert place.store.read(manifest.last_day_key) == b"newest\n"


def copied(place: Place, root: Path) -> Place:
    shutil.copytree(place.root, root)
    return Place(root)
