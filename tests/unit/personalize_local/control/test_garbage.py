"""Directories that nobody names any more are deleted; those that are named, or being written, are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from personalize_local.control.garbage import collect
from tests.support.personalize_world import World

pytestmark = pytest.mark.unit


def _made(world: World, *names: str) -> list[Path]:
    paths = [world.data / name for name in names]
    for path in paths:
        path.mkdir(parents=True, exist_ok=True)
        (path / "rows.arrow").write_text("rows")
    return paths


def _left(world: World) -> list[str]:
    return sorted(
        str(path.relative_to(world.data))
        for folder in ("segments", "versions", "reports")
        for path in (world.data / folder).glob("*")
    )


def test_replaced_data_goes_at_the_second_round(world: World) -> None:
    dataset = world.dataset(world.group())
    for name in ("first", "second"):
        world.imported(dataset, name)
        _made(world, world.fake.asked[-1][1]["out"])
    first, second = (Path(asked["out"]).name for _, asked in world.fake.asked)
    collect(world.emulator)
    kept = _left(world)
    collect(world.emulator)

    assert kept == sorted([f"segments/{first}", f"segments/{second}"])
    assert _left(world) == [f"segments/{second}"]


def test_nothing_goes_while_a_job_runs(world: World) -> None:
    dataset = world.dataset(world.group())
    _made(world, "segments/nobodys")
    collect(world.emulator)
    world.fake.held = True
    request = {"jobName": "j", "datasetArn": dataset, "dataSource": {"dataLocation": "s3://b/a"}}
    world("CreateDatasetImportJob", **request)
    collect(world.emulator)

    assert _left(world) == ["segments/nobodys"]


def test_halves_of_an_earlier_process_go_at_the_start_and_the_rest_stays(world: World) -> None:
    group = world.group()
    dataset = world.dataset(group)
    world.imported(dataset, "job")
    world.version(world.solution(group))
    (_, imported), (_, trained) = world.fake.asked
    _made(world, imported["out"], trained["out"], "segments/half", "versions/half")
    reports = world.data / "reports"
    reports.mkdir()
    for name in ("job", "unknown"):
        (reports / f"{name}.json").write_text("{}")
    later = world.restarted()

    assert _left(later) == sorted(
        [f"segments/{Path(imported['out']).name}", f"versions/{Path(trained['out']).name}", "reports/job.json"]
    )
    later.close()


def test_segments_below_a_directory_keep_it(world: World) -> None:
    group = world.group()
    world.dataset(group)
    world.fake.answers["delete"] = {
        "deleted": 1,
        "users": [],
        "segments": {"Interactions": [str(world.data / "segments" / "new" / "0")]},
    }
    _made(world, "segments/new/0")
    request = {"jobName": "j", "datasetGroupArn": group, "dataSource": {"dataLocation": "s3://b/a"}}
    world("CreateDataDeletionJob", roleArn="arn:aws:iam::000000000000:role/r", **request)
    world.idle()
    collect(world.emulator)
    collect(world.emulator)

    assert (world.data / "segments" / "new" / "0" / "rows.arrow").exists()
