"""Which jobs wait or run on a dataset or in a group, and where they write."""

from __future__ import annotations

from personalize_local.arns import short_id
from personalize_local.control.checks import is_unfinished
from personalize_local.emulator import Emulator
from personalize_local.state.resources import Resource

_OF_DATASET = ("dataset-import-job", "dataset-export-job")
_OF_GROUP = (
    "data-deletion-job",
    "solution-version",
    "recommender",
    "recommender-training",
    "batch-inference-job",
    "batch-segment-job",
)


def jobs_on(emulator: Emulator, dataset: Resource) -> list[Resource]:
    """Those that read or write its data."""
    return [
        *unfinished(emulator, *_OF_DATASET, parent=dataset.arn),
        *unfinished(emulator, *_OF_GROUP, group=dataset.group),
    ]


def unfinished(emulator: Emulator, *kinds: str, group: str | None = None, parent: str | None = None) -> list[Resource]:
    return [
        each
        for kind in kinds
        for each in emulator.resources.of(kind, group=group, parent=parent)
        if is_unfinished(emulator, each)
    ]


def new_directory(emulator: Emulator, under: str) -> str:
    """Where a job shall write; a new one for each attempt, so that none finds another's half."""
    return str(emulator.settings.data / under / short_id())
