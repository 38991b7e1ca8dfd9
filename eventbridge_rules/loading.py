"""Reads the rules and schedules of a folder, and refuses what could not be deployed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from eventbridge_rules.model import Rule, RulesFile, Schedule, TargetKind
from eventbridge_rules.placeholders import placeholders_in

HERE = Path(__file__).parent


class InvalidRules(Exception):
    """A rules file cannot be deployed; the message names the file, the place in it and what is known."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """The names a rules file may use."""

    buckets: frozenset[str]
    jobs: frozenset[str]
    workflows: frozenset[str]
    topics: frozenset[str]
    functions: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()

    def placeholders(self) -> frozenset[str]:
        return frozenset({f"bucket:{name}" for name in self.buckets} | {f"job:{name}" for name in self.jobs})

    def targets(self, kind: TargetKind) -> frozenset[str]:
        """The names of what a rule may wake."""
        match kind:
            case "glue_workflow":
                return self.workflows
            case "function":
                return self.functions
            case "queue":
                return self.queues
            case "topic":
                return self.topics


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All rules and schedules, in the order of their files and of each file."""

    rules: tuple[Rule, ...]
    schedules: tuple[Schedule, ...]


def load_rules(*, known: Known, folder: Path = HERE) -> Rules:
    """Read every `*.yaml` in `folder`; raises `InvalidRules` for an unknown key, name or repeated name."""
    files = [(path.name, read_rules_file(path)) for path in sorted(folder.glob("*.yaml"))]
    for name, file in files:
        _refuse_unknown_names(name, file, known)
    loaded = Rules(
        rules=tuple(rule for _, file in files for rule in file.rules),
        schedules=tuple(schedule for _, file in files for schedule in file.schedules),
    )
    _refuse_repeats(folder, [*(rule.name for rule in loaded.rules), *(schedule.name for schedule in loaded.schedules)])
    return loaded


def read_rules_file(path: Path) -> RulesFile:
    """One file, its shape checked but not its names; raises `InvalidRules`."""
    try:
        return msgspec.convert(yaml.safe_load(path.read_text()) or {}, RulesFile)
    except (yaml.YAMLError, msgspec.ValidationError) as exc:
        raise InvalidRules(f"{path.name}: {exc}") from exc


def _refuse_unknown_names(file_name: str, file: RulesFile, known: Known) -> None:
    for place, wanted, names in _uses(file, known):
        if wanted not in names:
            raise InvalidRules(f"{file_name}: {place}: unknown {wanted!r}; known are {sorted(names)}")


def _uses(file: RulesFile, known: Known) -> Iterator[tuple[str, str, frozenset[str]]]:
    for rule in file.rules:
        yield from _rule_uses(rule, known)
    for schedule in file.schedules:
        target = schedule.target
        if target.glue_job is not None:
            yield f"schedule {schedule.name}: target.glue_job", target.glue_job, known.jobs
        if target.function is not None:
            yield f"schedule {schedule.name}: target.function", target.function, known.functions


def _rule_uses(rule: Rule, known: Known) -> Iterator[tuple[str, str, frozenset[str]]]:
    kind = rule.target.kind
    yield f"rule {rule.name}: target.{kind}", rule.target.name, known.targets(kind)
    for key, inner in rule.pattern.items():
        for placeholder in placeholders_in(inner):
            yield f"rule {rule.name}: pattern.{key}", placeholder, known.placeholders()


def _refuse_repeats(folder: Path, names: Iterable[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InvalidRules(f"{folder.name}: names used more than once: {repeated}")
