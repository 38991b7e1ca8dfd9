"""A function's settings: one typed struct, read once from the environment."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from contract.errors import ConfigurationError

T = TypeVar("T", bound=msgspec.Struct)


def load_settings(kind: type[T], environ: Mapping[str, str]) -> T:
    """`kind` filled from variables named as its fields, in capitals.

    Raises `ConfigurationError` that names every variable that is missing, or the first that is not of its type.
    """
    fields = msgspec.structs.fields(kind)
    missing = [f.name.upper() for f in fields if f.required and f.name.upper() not in environ]
    if missing:
        raise ConfigurationError(f"set {', '.join(missing)}")
    given = {f.name: environ[f.name.upper()] for f in fields if f.name.upper() in environ}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"a setting is not what it must be: {error}") from error
