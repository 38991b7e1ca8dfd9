"""Solution versions: what may be trained, what is shown of it, how it is stopped, when it happens by itself."""

from __future__ import annotations

from typing import Any

import pytest

from personalize_local.jobs.workers import JobFailed
from tests.support.personalize_world import TRAINED, World, refused

pytestmark = pytest.mark.unit

HOUR, DAY = 3_600.0, 86_400.0


@pytest.fixture
def group(world: World) -> str:
    arn = world.group()
    world.dataset(arn)
    return arn


def _trainings(world: World, solution: str) -> list[str]:
    return [each["trainingType"] for each in world("ListSolutionVersions", solutionArn=solution)["solutionVersions"]]


def test_a_trained_version_shows_what_training_found(world: World, group: str) -> None:
    world.fake.answers["train"] = TRAINED | {"hyperparameters": {"bptt": "8"}}
    solution = world.solution(group, performHPO=True, performAutoTraining=False)
    version = world.version(solution, name="monday")
    shown = world("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]
    del shown["creationDateTime"], shown["lastUpdatedDateTime"]

    assert len(version.removeprefix(f"{solution}/")) == 8
    assert shown == {
        "name": "monday",
        "solutionVersionArn": version,
        "solutionArn": solution,
        "performHPO": True,
        "performAutoML": False,
        "performIncrementalUpdate": False,
        "recipeArn": "arn:aws:personalize:::recipe/aws-user-personalization",
        "datasetGroupArn": group,
        "solutionConfig": {},
        "trainingHours": 0.25,
        "trainingMode": "FULL",
        "trainingType": "MANUAL",
        "tunedHPOParams": {"algorithmHyperParameters": {"bptt": "8"}},
        "status": "ACTIVE",
    }
    assert world("GetSolutionMetrics", solutionVersionArn=version) == {
        "solutionVersionArn": version,
        "metrics": {"coverage": 0.5},
    }
    assert world("DescribeSolution", solutionArn=solution)["solution"]["latestSolutionVersion"]["status"] == "ACTIVE"


def test_the_worker_is_told_all_that_a_training_needs(world: World, group: str) -> None:
    world.imported(f"{group.replace('dataset-group', 'dataset')}/INTERACTIONS")
    solution = world.solution(group, performAutoTraining=False, eventType="View")
    world.version(solution)
    (_, imported), (task, asked) = world.fake.asked

    assert task == "train"
    assert asked["out"].startswith(str(world.data / "versions"))
    assert asked["datasets"]["Interactions"]["segments"] == [imported["out"]]
    assert {name: asked[name] for name in ("recipe", "options", "previous", "seed", "database")} == {
        "recipe": "aws-user-personalization",
        "options": {
            "eventType": "View",
            "solutionConfig": {},
            "performHPO": False,
            "trainingMode": "FULL",
            "performIncrementalUpdate": False,
        },
        "previous": None,
        "seed": 0,
        "database": str(world.data / "state.sqlite"),
    }


def test_update_builds_on_a_full_version_of_user_personalization(world: World, group: str) -> None:
    solution, sims = world.solution(group), world.solution(group, "sims", "aws-sims")
    request = {"trainingMode": "UPDATE"}
    early = refused(world, "CreateSolutionVersion", solutionArn=solution, **request)
    world.version(solution)
    world.version(sims)
    world.version(solution, trainingMode="UPDATE")
    (_, full), _, (_, update) = world.fake.asked

    assert early == (
        "InvalidInputException",
        "trainingMode UPDATE needs an ACTIVE version that was trained with FULL.",
    )
    assert refused(world, "CreateSolutionVersion", solutionArn=sims, **request) == (
        "InvalidInputException",
        "trainingMode UPDATE is not supported for aws-sims.",
    )
    assert refused(world, "CreateSolutionVersion", solutionArn=solution, trainingMode="AUTOTRAIN")[0] == (
        "InvalidInputException"
    )
    assert (full["previous"], update["previous"]) == (None, full["out"])


def test_training_needs_its_datasets(world: World) -> None:
    group = world.group()
    solution = world.solution(group)
    semantic = world.solution(group, "texts", "aws-semantic-similarity")

    assert [refused(world, "CreateSolutionVersion", solutionArn=arn) for arn in (solution, semantic)] == [
        ("InvalidInputException", f"aws-user-personalization needs an ACTIVE Interactions dataset in {group}."),
        ("InvalidInputException", f"aws-semantic-similarity needs an ACTIVE Items dataset in {group}."),
    ]


def test_metrics_are_in_use_while_training_and_missing_after_a_failure(world: World, group: str) -> None:
    world.fake.answers["train"] = JobFailed(
        "Create failed. Dataset has fewer than 25 users with at least 2 interactions each."
    )
    world.fake.held = True
    version = world("CreateSolutionVersion", solutionArn=world.solution(group))["solutionVersionArn"]
    training = refused(world, "GetSolutionMetrics", solutionVersionArn=version)
    world.fake.held = False
    world.idle()

    assert training[0] == "ResourceInUseException"
    assert refused(world, "GetSolutionMetrics", solutionVersionArn=version)[0] == "InvalidInputException"
    shown = world("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]
    assert shown["failureReason"].startswith("Create failed. Dataset has fewer than 25 users")


def test_a_version_is_stopped_while_it_waits_or_runs_and_not_after(world: World, group: str) -> None:
    solution = world.solution(group)
    world.fake.held = True
    stopped = []
    for turns in (0, 1):
        version = world("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"]
        for _ in range(turns):
            world.turn()
        world("StopSolutionVersionCreation", solutionVersionArn=version)
        world.turn()
        stopped.append(world("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]["status"])

    assert stopped == ["CREATE STOPPED", "CREATE STOPPED"]
    assert refused(world, "StopSolutionVersionCreation", solutionVersionArn=version) == (
        "InvalidInputException",
        f"{version} is not in a valid state: its status is CREATE STOPPED.",
    )
    assert refused(world, "CreateCampaign", name="c", solutionVersionArn=version)[0] == "InvalidInputException"
    later = world.restarted()
    later.idle()
    assert later.fake.asked == []
    later.close()


def test_twenty_versions_may_wait(world: World, group: str) -> None:
    solution = world.solution(group)
    world.fake.held = True
    for _ in range(20):
        world("CreateSolutionVersion", solutionArn=solution)

    assert refused(world, "CreateSolutionVersion", solutionArn=solution) == (
        "LimitExceededException",
        "More than 20 resources with PENDING or IN_PROGRESS status.",
    )


def test_the_first_automatic_training_is_an_hour_after_the_solution(world: World, group: str) -> None:
    solution = world.solution(group)
    world.advance(HOUR - 60)
    early = _trainings(world, solution)
    world.advance(120)
    world.idle()
    first = _trainings(world, solution)
    world.advance(7 * DAY)
    world.idle()

    assert (early, first) == ([], ["AUTOMATIC"])
    assert _trainings(world, solution) == ["AUTOMATIC", "AUTOMATIC"]


def test_a_version_by_hand_stands_for_the_first_automatic_one(world: World, group: str) -> None:
    solution = world.solution(group)
    world.version(solution)
    world.advance(2 * HOUR)
    world.idle()
    hours = _trainings(world, solution)
    world.advance(7 * DAY)
    world.idle()

    assert (hours, _trainings(world, solution)) == (["MANUAL"], ["MANUAL", "AUTOMATIC"])


def test_missed_trainings_are_made_up_for_by_one(world: World, group: str) -> None:
    solution = world.solution(group)
    world.version(solution)
    world.advance(40 * DAY)
    world.idle()

    assert _trainings(world, solution) == ["MANUAL", "AUTOMATIC"]


@pytest.mark.parametrize("more", [{"performAutoTraining": False}, {"recipe": "aws-sims", "performAutoTraining": False}])
def test_no_training_happens_by_itself_that_nobody_asked_for(world: World, group: str, more: dict[str, Any]) -> None:
    solution = world.solution(group, **more)
    world.advance(40 * DAY)
    world.idle()

    assert _trainings(world, solution) == []


def test_an_update_turns_automatic_training_off_and_on(world: World, group: str) -> None:
    solution = world.solution(group)
    world("UpdateSolution", solutionArn=solution, performAutoTraining=False)
    world.advance(10 * DAY)
    off = _trainings(world, solution)
    world("UpdateSolution", solutionArn=solution, performAutoTraining=True)
    world.advance(2 * HOUR)
    world.idle()

    assert (off, _trainings(world, solution)) == ([], ["AUTOMATIC"])


def test_schedules_outlive_the_process(world: World, group: str) -> None:
    solution = world.solution(group)
    later = world.restarted()
    later.advance(2 * HOUR)
    later.idle()

    assert _trainings(later, solution) == ["AUTOMATIC"]
    later.close()


def test_a_schedule_that_cannot_train_says_so_in_the_log(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    solution = world.solution(world.group())
    world.advance(2 * HOUR)

    assert _trainings(world, solution) == []
    assert f"{solution} was not trained by its schedule" in capsys.readouterr().out
