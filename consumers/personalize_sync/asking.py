"""How versions are asked, by batch inference, what they would recommend to the same users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consumers.personalize_sync.api import Personalize
from consumers.personalize_sync.evaluation import NUM_RESULTS, asked_users, job_input, read_rows
from consumers.personalize_sync.evidence import Asked
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan import Call, Plan, Put, wait
from consumers.personalize_sync.publications import Files, Publication
from consumers.personalize_sync.world import Resource

_INPUT = "users.jsonl"
_OUT = f"{_INPUT}.out"  # what a batch inference job names its output


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    names: Names
    role_arn: str
    api: Personalize
    files: Files

    def ask(
        self, candidate: str, champion: str, popularity: str, publications: Sequence[Publication]
    ) -> tuple[Plan, Asked | None]:
        """What is still to be done so that all three are asked; then what they were asked, once they have answered.

        Each job's name has the candidate and the version asked, so that none is asked twice.
        """
        versions = [each for each in (candidate, champion, popularity) if each]
        jobs = {each: self._job(candidate, each) for each in versions}
        seen = tuple(job for job in jobs.values() if job is not None)
        missing = tuple(self._call(candidate, each) for each, job in jobs.items() if job is None)
        if missing:
            puts, why_not = self._input(candidate, publications)
            return (wait(why_not) if why_not else Plan(puts=puts, calls=missing, seen=seen)), None
        failed = next((job for job in seen if job.is_failed), None)
        if failed:
            return Plan(seen=seen, waits=(f"{failed.arn} failed: {failed.failure}",)), None
        if not all(job.is_active for job in seen):
            return Plan(seen=seen, waits=("versions are asked what they would recommend",)), None
        asked = Asked(
            candidate=candidate,
            champion=champion,
            users_key=self._input_key(candidate),
            since=max(job.created for job in seen),
            candidate_key=self._output(candidate, candidate),
            champion_key=self._output(candidate, champion) if champion else "",
            popularity_key=self._output(candidate, popularity),
        )
        return Plan(seen=seen), asked

    def _job(self, candidate: str, version: str) -> Resource | None:
        name = self._name(candidate, version)
        return self.api.find("BatchInferenceJob", self.names.arn("batch-inference-job", name))

    def _call(self, candidate: str, version: str) -> Call:
        name = self._name(candidate, version)
        request = {
            "jobName": name,
            "solutionVersionArn": version,
            "numResults": NUM_RESULTS,
            "jobInput": {"s3DataSource": {"path": self.files.location(self._input_key(candidate))}},
            "jobOutput": {"s3DataDestination": {"path": self.files.location(self._folder(candidate, version))}},
            "roleArn": self.role_arn,
        }
        arn = self.names.arn("batch-inference-job", name)
        return Call(operation="CreateBatchInferenceJob", kind="BatchInferenceJob", arn=arn, request=request)

    def _input(self, candidate: str, publications: Sequence[Publication]) -> tuple[tuple[Put, ...], str]:
        """The users, written once for all jobs of a candidate, or why there are none to ask about."""
        key = self._input_key(candidate)
        if self.files.has(key):
            return (), ""
        keys = [p.last_day_key for p in publications if p.last_day_key]
        if not keys:
            return (), "no publication says which users came on its last day"
        users = asked_users(read_rows(self.files.read(keys[-1])))
        if not users:
            return (), f"nobody is in {keys[-1]}"
        return (Put(key=key, data=job_input(users)),), ""

    def _name(self, candidate: str, version: str) -> str:
        return self.names.of(f"asked-{_id(candidate)}-{_id(version)}")

    def _input_key(self, candidate: str) -> str:
        return f"batch/{_id(candidate)}/{_INPUT}"

    def _folder(self, candidate: str, version: str) -> str:
        return f"batch/{_id(candidate)}/{_id(version)}/"

    def _output(self, candidate: str, version: str) -> str:
        return f"{self._folder(candidate, version)}{_OUT}"


def _id(version_arn: str) -> str:
    return version_arn.rpartition("/")[2]
