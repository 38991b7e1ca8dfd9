"""What a rule and a schedule say: the shape of the YAML files in this folder."""

from typing import Annotated, Any, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{1,40}$")]
Reason = Annotated[str, msgspec.Meta(min_length=20, max_length=512)]


class Retry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long delivery is tried before the event goes to the dead-letter queue."""

    attempts: Annotated[int, msgspec.Meta(ge=0, le=185)]
    max_age_seconds: Annotated[int, msgspec.Meta(ge=60, le=86_400)]


class RuleTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one thing a rule wakes, by the name it has in this project."""

    glue_workflow: str | None = None
    topic: str | None = None

    def __post_init__(self) -> None:
        if (self.glue_workflow is None) == (self.topic is None):
            raise ValueError("name exactly one of glue_workflow, topic")


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events like this wake that. `pattern` is what EventBridge accepts, with ${kind:name} for names."""

    name: Name
    why: Reason
    bus: Literal["default", "clickstream"]
    pattern: dict[str, Any]
    target: RuleTarget
    retry: Retry


class ScheduleTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a schedule starts, and what it tells it besides the job's own arguments."""

    glue_job: str
    arguments: dict[Annotated[str, msgspec.Meta(pattern="^--[A-Za-z_]+$")], str] = {}


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
