"""Physical names stay out of data files: `${bucket:raw}` stands for one until the stage is known."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def placeholders_in(value: Any) -> Iterator[str]:
    """Every `kind:name` asked for anywhere in a JSON-like value, in order, repeats included."""
    match value:
        case str():
            yield from _PLACEHOLDER.findall(value)
        case Mapping():
            for key, inner in value.items():
                yield from placeholders_in(key)
                yield from placeholders_in(inner)
        case list() | tuple():
            for inner in value:
                yield from placeholders_in(inner)


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """The same value with every placeholder replaced; an unknown one is a `KeyError` that names it."""
    match value:
        case str():
            return _PLACEHOLDER.sub(lambda found: names[found[1]], value)
        case Mapping():
            return {fill(key, names): fill(inner, names) for key, inner in value.items()}
        case list() | tuple():
            return [fill(inner, names) for inner in value]
        case _:
            return value
