"""The run that publishes the interactions anew: what it is told, and how it may end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.errors import TransientError
from operations.replay.to_files import GlueJobs, Run, RunFailed, republish
from tests.support.world import SteppingClock

pytestmark = pytest.mark.unit


@dataclass(slots=True)
class Glue:
    """In the place of boto3's client: a run that goes through these states."""

    states: list[str]
    started: list[dict[str, Any]] = field(default_factory=list)
    refuses: str = ""

    def start_job_run(self, **request: Any) -> dict[str, str]:
        if self.refuses:
            error: Any = {"Error": {"Code": self.refuses, "Message": "no"}}
            raise ClientError(error, "StartJobRun")
        self.started.append(request)
        return {"JobRunId": "jr-1"}

    def get_job_run(self, *, JobName: str, RunId: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        assert (JobName, RunId) == ("files", "jr-1")
        state = self.states.pop(0)
        return {"JobRun": {"JobRunState": state} | ({"ErrorMessage": "GateRefused: no"} if state == "FAILED" else {})}


def test_the_job_is_told_to_reprocess_and_waited_for() -> None:
    glue, clock, heard = Glue(["RUNNING", "RUNNING", "SUCCEEDED"]), SteppingClock(), list[Run]()

    run = republish(GlueJobs(glue), "files", clock, heard.append)

    assert glue.started == [{"JobName": "files", "Arguments": {"--reprocess": "true"}}]
    assert run == Run("jr-1", "SUCCEEDED")
    assert [each.state for each in heard] == ["STARTING", "RUNNING", "SUCCEEDED"]
    assert clock.seconds == 6.0


def test_a_run_that_fails_says_why() -> None:
    with pytest.raises(RunFailed, match="run jr-1 of files FAILED: GateRefused: no"):
        republish(GlueJobs(Glue(["FAILED"])), "files", SteppingClock())


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("ConcurrentRunsExceededException", "files runs already; try again when it has ended"),
        ("ThrottlingException", "start files"),
    ],
)
def test_a_service_that_is_busy_can_be_asked_again(code: str, why: str) -> None:
    with pytest.raises(TransientError, match=why):
        republish(GlueJobs(Glue([], refuses=code)), "files", SteppingClock())


def test_an_unknown_error_is_not_hidden() -> None:
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        republish(GlueJobs(Glue([], refuses="EntityNotFoundException")), "files", SteppingClock())
