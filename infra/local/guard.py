"""Fails when work that is said to be done was not done by our runners: an emulator's word is not enough."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import boto3

from infra.local.job_run import MARK


class UnmarkedRuns(Exception):
    """Runs that claim success without having run; the message names them."""


def unmarked(runs: Iterable[Mapping[str, Any]]) -> list[str]:
    """The runs, as "job/id", that SUCCEEDED without our runner's mark."""
    return [
        f"{run['JobName']}/{run['Id']}"
        for run in runs
        if run["JobRunState"] == "SUCCEEDED" and MARK not in run.get("StateDetail", "")
    ]


def check(glue: Any) -> int:
    """Look at every run of every job; returns how many succeeded, raises `UnmarkedRuns`."""
    runs = list(_all_runs(glue))
    found = unmarked(runs)
    if found:
        raise UnmarkedRuns(f"SUCCEEDED without having been run by infra/local: {', '.join(found)}")
    return sum(run["JobRunState"] == "SUCCEEDED" for run in runs)


def _all_runs(glue: Any) -> Iterator[Mapping[str, Any]]:
    for page in glue.get_paginator("get_jobs").paginate():
        for job in page["Jobs"]:
            for runs in glue.get_paginator("get_job_runs").paginate(JobName=job["Name"]):
                yield from runs["JobRuns"]


if __name__ == "__main__":
    try:
        print(f"{check(boto3.client('glue'))} successful job runs, each of them really run")
    except UnmarkedRuns as error:
        sys.exit(str(error))
