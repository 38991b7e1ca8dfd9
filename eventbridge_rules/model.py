"""What a rule and a schedule say: the shape of the YAML files in this folder."""

from typing import Annotated, Any, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{1,40}$")]
TargetKind = Literal["glue_workflow", "function", "queue", "topic"]
Reason = Annotated[str, msgspec.Meta(min_length=20, max_length=512)]


class Retry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long delivery is tried before the event goes to the dead-letter queue."""

    attempts: Annotated[int, msgspec.Meta(ge=0, le=185)]
    max_age_seconds: Annotated[int, msgspec.Meta(ge=60, le=86_400)]


class RuleTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one thing a rule wakes, by the name it has in this project."""

    glue_workflow: str | None = None
    function: str | None = None
    queue: str | None = None
    topic: str | None = None

    def __post_init__(self) -> None:
        if len(self._named()) != 1:
            raise ValueError("name exactly one of glue_workflow, function, queue, topic")

    @property
    def kind(self) -> TargetKind:
        """Which of the fields is given."""
        return self._named()[0][0]

    @property
    def name(self) -> str:
        """What that field says."""
        return self._named()[0][1]

    def _named(self) -> list[tuple[TargetKind, str]]:
        fields: dict[TargetKind, str | None] = {
            "glue_workflow": self.glue_workflow,
            "function": self.function,
            "queue": self.queue,
            "topic": self.topic,
        }
        return [(kind, name) for kind, name in fields.items() if name is not None]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events like this wake that. `pattern` is what EventBridge accepts, with ${kind:name} for names."""

    name: Name
    why: Reason
    bus: Literal["default", "clickstream"]
    pattern: dict[str, Any]
    target: RuleTarget
    retry: Retry


class ScheduleTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one thing a schedule starts, and what it tells a job besides the job's own arguments."""

    glue_job: str | None = None
    function: str | None = None
    arguments: dict[Annotated[str, msgspec.Meta(pattern="^--[A-Za-z_]+$")], str] = {}

    def __post_init__(self) -> None:
        if (self.glue_job is None) == (self.function is None):
            raise ValueError("name exactly one of glue_job, function")
        if self.function is not None and self.arguments:
            raise ValueError("arguments: a function takes none; it is told which schedule woke it")


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At these times (UTC) start that, whether or not an event asked for it."""

    name: Name
    why: Reason
    expression: Annotated[str, msgspec.Meta(pattern=r"^(rate|cron)\(.+\)$")]
    flexible_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)]
    target: ScheduleTarget
    retry: Retry


class RulesFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One YAML file of this folder."""

    rules: tuple[Rule, ...] = ()
    schedules: tuple[Schedule, ...] = ()
