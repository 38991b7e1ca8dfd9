"""What a function.yaml says: the shape of a Lambda function's declaration, and its reader."""

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import yaml

from eventbridge_rules.placeholders import placeholders_in
from infra.capabilities.buckets import BUCKET_NAMES
from infra.capabilities.job_spec import Location
from infra.config import SETTINGS

TableName = Literal["state", "features"]
Access = Literal["read", "scan", "write", "scan-write"]
EventSource = Literal[
    "clickstream.catalog", "clickstream.operations", "clickstream.personalize", "clickstream.realtime"
]
Zip = Literal["lambda", "audit"]
Route = Annotated[str, msgspec.Meta(pattern=r"^(ANY|GET|POST|PUT|DELETE|HEAD|OPTIONS) /[a-z0-9/._-]*$")]

PLACEHOLDERS: Final = frozenset(
    {
        *(f"bucket:{name}" for name in BUCKET_NAMES),
        *SETTINGS,
        *("table:state", "table:features", "role:personalize", "stream:events"),
    }
)
"""What the environment of a function may ask for."""

ONE_LANE: Final = (
    "parallelization_factor: 1 is all there is: a watermark stands for all of a shard before it, and Lambda orders "
    "the lanes of a shard by the outer record's key alone; the way to more is shards"
)
UNBATCHED: Final = 10
"""More messages than this take a window to gather in."""


class InvalidFunction(Exception):
    """A function.yaml cannot be deployed; the message names the file and the key."""


class StreamSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How records of the event stream come: in order within a shard, batch after batch."""

    batch_size: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    window_seconds: Annotated[int, msgspec.Meta(ge=0, le=300)]
    maximum_retry_attempts: Annotated[int, msgspec.Meta(ge=-1, le=10_000)]  # -1: until the record is too old
    maximum_record_age_seconds: Annotated[int, msgspec.Meta(ge=60, le=604_800)]
    bisect: bool
    starting_position: Literal["TRIM_HORIZON", "LATEST"]
    parallelization_factor: int = 1

    def __post_init__(self) -> None:
        if self.parallelization_factor != 1:
            raise ValueError(ONE_LANE)


class QueueSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A queue of the function's own; what it cannot handle ends in another, which has an alarm."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{1,40}$")]
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    window_seconds: Annotated[int, msgspec.Meta(ge=0, le=300)]
    maximum_receive_count: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    maximum_concurrency: Annotated[int, msgspec.Meta(ge=2, le=1_000)]

    def __post_init__(self) -> None:
        if self.batch_size > UNBATCHED and self.window_seconds == 0:
            raise ValueError(f"batch_size: more than {UNBATCHED} takes a window_seconds of 1 or more")


class HttpSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests to an HTTP API of the function's own; somebody waits for each answer.

    `jwt`: those of the routes that ask for a token where the stage has an issuer of tokens.
    """

    routes: Annotated[tuple[Route, ...], msgspec.Meta(min_length=1)]
    jwt: tuple[Route, ...] = ()

    def __post_init__(self) -> None:
        if stray := [route for route in self.jwt if route not in self.routes]:
            raise ValueError(f"jwt: {stray} are none of the routes")


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of the three."""

    stream: StreamSource | None = None
    queue: QueueSource | None = None
    http: HttpSource | None = None

    def __post_init__(self) -> None:
        if sum(source is not None for source in (self.stream, self.queue, self.http)) != 1:
            raise ValueError("name exactly one of stream, queue, http")


class FunctionSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Lambda function: what it runs on, what wakes it, what it may do and what it is told."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{1,40}$")]
    why: Annotated[str, msgspec.Meta(min_length=20, max_length=256)]
    handler: Annotated[str, msgspec.Meta(pattern=r"^[a-z_.]+\.handler$")]
    memory_mb: Annotated[int, msgspec.Meta(ge=128, le=10_240)]
    timeout_seconds: Annotated[int, msgspec.Meta(ge=1, le=900)]
    zip: Zip = "lambda"
    reserved_concurrency: Annotated[int, msgspec.Meta(ge=1)] | None = None
    source: Source | None = None
    tables: dict[TableName, Access] = {}
    reads: tuple[Location, ...] = ()
    writes: tuple[Location, ...] = ()
    publishes: tuple[EventSource, ...] = ()  # sources of events it may put on the own bus
    puts_records: bool = False  # on the event stream
    parameters: tuple[Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{1,40}$")], ...] = ()  # of SSM, the stage's
    publishes_metrics: bool = False  # by API; what it prints as EMF takes no permission
    personalize: tuple[Annotated[str, msgspec.Meta(pattern="^[A-Z][A-Za-z]+$")], ...] = ()
    passes_role: bool = False  # the role with which Personalize reads and writes the bucket
    environment: dict[Annotated[str, msgspec.Meta(pattern="^[A-Z][A-Z0-9_]*$")], str] = {}

    def __post_init__(self) -> None:
        for name, value in self.environment.items():
            unknown = sorted(set(placeholders_in(value)) - PLACEHOLDERS)
            if unknown:
                raise ValueError(f"environment.{name}: unknown {unknown}; known are {sorted(PLACEHOLDERS)}")
        if "LOG_LEVEL" in self.environment:
            raise ValueError("environment.LOG_LEVEL: every function gets it, from the settings of the stage")

    @property
    def construct(self) -> str:
        """The name in identifiers and outputs: `personalize-sync` is `PersonalizeSync`."""
        return self.name.title().replace("-", "")

    @property
    def woken_by_events(self) -> bool:
        """Whether it is invoked with an event and nobody waits for the answer."""
        return self.source is None


def read_functions(root: Path) -> tuple[FunctionSpec, ...]:
    """Every function of the system by name; raises `InvalidFunction`."""
    folders = ("consumers", "operations", "producers")
    found = [read_function(path, root) for folder in folders for path in _declared(root / folder)]
    return tuple(sorted(found, key=lambda spec: spec.name))


def read_function(path: Path, root: Path) -> FunctionSpec:
    """The function declared in `path`; raises `InvalidFunction` for a key, name or handler that is not there."""
    try:
        spec = msgspec.convert(yaml.safe_load(path.read_text()), FunctionSpec)
    except (yaml.YAMLError, msgspec.ValidationError) as exc:
        raise InvalidFunction(f"{path}: {exc}") from exc
    if spec.name != path.parent.name.replace("_", "-"):
        raise InvalidFunction(f"{path}: name: {spec.name!r} is not the name of its folder")
    module = spec.handler.rpartition(".")[0]
    if not (root / module.replace(".", "/")).with_suffix(".py").is_file():
        raise InvalidFunction(f"{path}: handler: there is no module {module}")
    return spec


def _declared(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/function.yaml"))
