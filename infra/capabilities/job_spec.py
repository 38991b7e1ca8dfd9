"""What a job.yaml says: the shape of a Glue job's declaration, and its reader."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from eventbridge_rules.placeholders import placeholders_in
from infra.capabilities.buckets import BUCKET_NAMES, BucketName
from infra.config import SETTINGS


class InvalidJob(Exception):
    """A job.yaml cannot be deployed; the message names the file and the key."""


class Location(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The objects under a prefix, never a whole bucket."""

    bucket: BucketName
    prefix: Annotated[str, msgspec.Meta(pattern="^[a-z_][a-z0-9_/-]*/$")]


class Worker(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much machine a run gets; Glue Spark jobs have at least two workers."""

    type: Literal["G.1X", "G.2X", "G.4X", "G.8X"]
    count: Annotated[int, msgspec.Meta(ge=2, le=299)]


class Batching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run starts after this many events, or this long after the first of them."""

    batch_size: Annotated[int, msgspec.Meta(ge=1, le=100)]
    batch_window_seconds: Annotated[int, msgspec.Meta(ge=1, le=900)]


class JobSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Glue job: what it runs on, what it reads and writes, and what it is told."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{1,40}$")]
    why: Annotated[str, msgspec.Meta(min_length=20, max_length=512)]
    glue_version: Literal["5.1"]
    worker: Worker
    timeout_minutes: Annotated[int, msgspec.Meta(ge=1, le=2_880)]
    max_concurrent_runs: Annotated[int, msgspec.Meta(ge=1)]
    script: str
    reads: tuple[Location, ...]
    writes: tuple[Location, ...]
    arguments: dict[Annotated[str, msgspec.Meta(pattern="^--[A-Za-z_]+$")], str]
    workflow: Batching
    publishes: tuple[Literal["clickstream"], ...] = ()  # buses it puts its own events on
    wheels: Literal["great_expectations"] | None = None  # packages that Glue lacks

    def __post_init__(self) -> None:
        known = {*(f"bucket:{name}" for name in BUCKET_NAMES), *SETTINGS}
        for argument, value in self.arguments.items():
            unknown = sorted(set(placeholders_in(value)) - known)
            if unknown:
                raise ValueError(f"arguments.{argument}: unknown {unknown}; known are {sorted(known)}")


def read_job(path: Path) -> JobSpec:
    """The job declared in `path`; raises `InvalidJob` for a key, bucket or script that is not there."""
    try:
        spec = msgspec.convert(yaml.safe_load(path.read_text()), JobSpec)
    except (yaml.YAMLError, msgspec.ValidationError) as exc:
        raise InvalidJob(f"{path}: {exc}") from exc
    if spec.name != path.parent.name:
        raise InvalidJob(f"{path}: name: {spec.name!r} is not the name of its folder")
    if not (path.parent / spec.script).is_file():
        raise InvalidJob(f"{path}: script: there is no {spec.script!r} beside it")
    return spec
