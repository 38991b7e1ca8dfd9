"""Does an event match a pattern? EventBridge's own semantics, for tests and local runners."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eventbridge_rules.conditions import InvalidPattern, condition

Matcher = Callable[[Any], bool]


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether EventBridge would send `event` to a rule with `pattern`.

    Raises `InvalidPattern` for what EventBridge would refuse, wherever in the pattern it stands.
    """
    return compile_pattern(pattern)(event)


def compile_pattern(pattern: Mapping[str, Any]) -> Matcher:
    """A pattern made ready for many events; raises `InvalidPattern`."""
    if not pattern:
        raise InvalidPattern("an empty pattern")
    fields = [_field(name, wanted) for name, wanted in pattern.items()]
    return lambda event: all(holds(event) for holds in fields)


def _field(name: str, wanted: Any) -> Matcher:
    if name == "$or":
        return _alternatives(wanted)
    match wanted:
        case dict():
            inner = compile_pattern(wanted)
            return lambda event: any(inner(each) for each in _objects(_get(event, name)))
        case list() if wanted:
            conditions = [_entry(each) for each in wanted]
            return lambda event: _any_holds(conditions, list(_values(_get(event, name))))
        case _:
            raise InvalidPattern(f"{name}: wanted an object or a list that is not empty, not {wanted!r}")


def _alternatives(patterns: Any) -> Matcher:
    if not isinstance(patterns, list) or len(patterns) < 2:  # noqa: PLR2004 - one alternative is none
        raise InvalidPattern("$or: wanted a list of two patterns or more")
    alternatives = [compile_pattern(pattern) for pattern in patterns]
    return lambda event: any(holds(event) for holds in alternatives)


def _entry(asked: Any) -> Callable[[list[Any]], bool]:
    """A test of all the values a field has; a missing field has none."""
    match asked:
        case {"exists": bool(wanted)} if len(asked) == 1:
            return lambda values: bool(values) is wanted
        case _:
            holds = condition(asked)
            return lambda values: any(holds(value) for value in values)


def _any_holds(conditions: list[Callable[[list[Any]], bool]], values: list[Any]) -> bool:
    return any(holds(values) for holds in conditions)


def _get(event: Any, name: str) -> Any:
    return event.get(name, []) if isinstance(event, Mapping) else []


def _objects(value: Any) -> list[Any]:
    """The objects a pattern may descend into; in their absence one without fields, for `exists: false`."""
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, Mapping)] or [{}]


def _values(value: Any) -> Iterator[Any]:
    """The leaves of a field: EventBridge looks into lists, and sees no leaf in an object."""
    if isinstance(value, list):
        for each in value:
            yield from _values(each)
    elif not isinstance(value, Mapping):
        yield value
