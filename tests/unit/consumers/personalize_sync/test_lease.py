"""One reconciles at a time; no wake-up is lost; who was killed has a successor."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from consumers.personalize_sync.lease import Lease, LeaseLost
from consumers.personalize_sync.running import Pace, run
from consumers.personalize_sync.settings import reconciler
from consumers.state_table import MemoryState
from tests.support.reconciler_world import Deployment

pytestmark = pytest.mark.unit


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Office:
    state: MemoryState = field(default_factory=MemoryState)
    clock: Clock = field(default_factory=Clock)

    def lease(self, owner: str) -> Lease:
        return Lease(self.state, owner, 60.0, self.clock)


def test_the_first_who_asks_has_it_and_the_second_has_not() -> None:
    office = Office()

    assert (office.lease("ada").ask(), office.lease("bob").ask()) == (True, False)
    assert office.state.get("personalize", "lease") == {
        "owner": "ada", "until": 1_060_000, "requested": 2, "version": 2,
    }  # fmt: skip


def test_a_wake_up_while_another_works_makes_him_look_again() -> None:
    office = Office()
    ada = office.lease("ada")
    ada.ask()
    ada.begin()
    office.lease("bob").ask()

    released = ada.release()
    ada.begin()

    assert (released, ada.release()) == (False, True)
    assert office.lease("eve").ask()


def test_a_wake_up_that_came_before_the_look_began_has_been_seen() -> None:
    office = Office()
    ada = office.lease("ada")
    ada.ask()
    office.lease("bob").ask()
    office.clock.now += 40
    ada.begin()  # renews, and so reads what came

    assert ada.release()


def test_renewing_in_the_middle_of_a_look_does_not_count_as_seeing_a_wake_up() -> None:
    office = Office()
    ada = office.lease("ada")
    ada.ask()
    ada.begin()
    office.lease("bob").ask()
    office.clock.now += 40
    ada.keep()

    assert not ada.release()


def test_one_who_keeps_it_keeps_it_and_one_who_died_loses_it_when_it_expires() -> None:
    office = Office()
    ada = office.lease("ada")
    ada.ask()
    office.clock.now += 40
    ada.keep()
    office.clock.now += 40

    kept, office.clock.now = office.lease("bob").ask(), office.clock.now + 40
    taken = office.lease("eve").ask()

    assert (kept, taken) == (False, True)


@pytest.mark.parametrize("act", ["begin", "keep", "release", "drop"])
def test_who_comes_back_after_it_expired_stops(act: str) -> None:
    office = Office()
    ada = office.lease("ada")
    ada.ask()
    ada.begin()
    office.clock.now += 61
    office.lease("bob").ask()

    with pytest.raises(LeaseLost, match="ada held the lease until it expired; bob took it"):
        getattr(ada, act)()


def test_a_wake_up_is_noted_and_ends_while_another_works() -> None:
    world = Deployment.published()
    world.lease().ask()
    pace = Pace(poll_seconds=1.0, until=world.now + 100, clock=world.clock, sleep=world.sleep)

    ended = run(world.reconciler(), world.lease(), pace)

    assert (ended.by, ended.is_settled, world.personalize.started) == ("another", False, [])


def test_what_is_pending_is_looked_at_until_the_time_is_over_and_the_lease_is_free_again() -> None:
    world = Deployment.published()
    world.personalize.takes = 1_000.0
    pace = Pace(poll_seconds=1.0, until=world.now + 10, clock=world.clock, sleep=world.sleep)

    ended = run(world.reconciler(), world.lease(), pace)

    assert (ended.is_settled, 9.0 <= world.now - pace.until + 10 <= 10.0) == (False, True)
    assert world.lease().is_free()


@dataclass
class Restless:
    """Personalize, of which each look takes a second; meanwhile somebody asks for another one."""

    world: Deployment
    until: float

    def __getattr__(self, operation: str) -> Any:
        if operation == "describe_dataset_group":
            self.world.now += 1
            assert self.world.now < self.until + 10
            self.world.lease().ask()
        return getattr(self.world.personalize, operation)


def test_wake_ups_without_end_keep_nobody_beyond_his_time() -> None:
    world = Deployment.published()
    world.settle()
    pace = Pace(poll_seconds=1.0, until=world.now + 20, clock=world.clock, sleep=world.sleep)
    on = replace(world.surroundings(), personalize=Restless(world, pace.until))

    ended = run(reconciler(world.settings, on, world.clock), world.lease(), pace)

    assert (ended.is_settled, world.now <= pace.until) == (False, True)
    assert world.lease().is_free()


def test_a_service_that_is_busy_is_waited_for() -> None:
    world = Deployment.published()
    world.personalize.refuses["DescribeDatasetGroup"] = [("ThrottlingException", "Rate exceeded")] * 5

    ended = world.settle()

    assert ended.is_settled
    assert world.started("campaign/") == ["campaign/shop-test-user-personalization"]


def test_one_call_that_always_meets_a_busy_service_does_not_keep_the_others_back() -> None:
    world = Deployment.published()
    world.personalize.refuses["CreateEventTracker"] = [("ThrottlingException", "Rate exceeded")] * 10_000

    ended = world.settle(seconds=200)

    assert not ended.is_settled
    assert world.started("campaign/") == ["campaign/shop-test-user-personalization"]


def test_what_is_there_and_not_seen_yet_is_not_asked_for_in_a_hot_loop() -> None:
    world = Deployment.published()
    taken = ("ResourceAlreadyExistsException", "Another resource with that name already exists.")
    world.personalize.refuses["CreateEventTracker"] = [taken] * 1_000

    world.settle(seconds=60)

    assert 1_000 - len(world.personalize.refuses["CreateEventTracker"]) < 70


def test_a_bug_lets_go_of_the_lease() -> None:
    world = Deployment.published()
    world.personalize.refuses["DescribeDatasetGroup"] = [("ValidationException", "What?")]

    with pytest.raises(Exception, match="What\\?"):
        world.settle()

    assert world.lease().is_free()
