"""What the collector is told: one struct, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from contract.errors import ConfigurationError
from contract.events import EARLIEST
from contract.write_keys import parse_write_keys
from producers.collector.access import Access, Tokens
from producers.collector.app import Rules
from producers.collector.enrichment import Enrichment
from producers.collector.origins import Origins

T = TypeVar("T", bound=Struct)

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,51}\Z")]
"""Of a program; a producer_id is this and 13 characters more."""

StreamName = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[float, Meta(ge=0.01, le=86_400)]
_Count = Annotated[int, Meta(ge=0, le=86_400)]
_Bytes = Annotated[int, Meta(ge=1024**2)]  # no less, or the largest request would never be taken

_is_origin = re.compile(r"\*|[a-z][a-z0-9+.-]*://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?").fullmatch


class Settings(Struct, frozen=True, kw_only=True):
    """Seconds and bytes. `write_keys` is JSON (`contract.write_keys.WriteKey`), hashes alone.

    `origins`: web pages that may send, separated by commas. `anyone`: there is neither key nor token to ask for.
    `trusted_proxies`: how many of our own stand in front, each of which adds to X-Forwarded-For.
    What an entry has no use for, it refuses (`rules_of`, `producers.collector.on_lambda.app_of`).
    """

    write_keys: str = ""
    anyone: bool = False
    origins: str = ""
    jwks: str = ""  # a file, or an https address: whose keys sign tokens, which are asked for then
    jwt_issuer: str = ""  # with jwks: whose tokens, and for whom
    jwt_audience: str = ""
    truncate_ip: bool = False
    parse_user_agent: bool = False
    trusted_proxies: _Count = 0
    earliest: datetime = EARLIEST
    retry_after: _Count = 2


class ServerSettings(Settings, frozen=True, kw_only=True):
    """Of the server in a container. Each worker is a process with its own producer; `workers` share `spool_root`.

    Without `spool_root` an event is acknowledged when Kinesis has it. `spool_bytes`, `producer_bytes` and `held_bytes`
    (bodies in memory) are of each worker: a disk must have `spool_bytes` as many times as there are workers.
    On SIGTERM requests that run have `drain_seconds`, then the producer has `close_seconds`.
    """

    stream: StreamName
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    workers: Annotated[int, Meta(ge=1)] = 1
    name: Name = "collector"
    spool_root: str = ""
    spool_bytes: int | None = None  # 1 GiB where there is a spool
    spool_sync: str | None = None  # batch, or seconds; batch where there is a spool
    producer_bytes: _Bytes = 64 * 1024**2
    held_bytes: _Bytes = 64 * 1024**2
    body_seconds: Seconds = 20.0
    answer_seconds: Seconds = 10.0
    drain_seconds: _Count = 15
    close_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 20.0


def load_settings(kind: type[T], environ: Mapping[str, str], prefix: str = "COLLECTOR_") -> T:
    """`kind` of variables named as its fields, in capitals after `prefix`.

    Raises `ConfigurationError` for one that is missing, that is not of its type or range, or that there is none of.
    """
    names = {prefix + field.name.upper(): field.name for field in msgspec.structs.fields(kind)}
    if strange := sorted(name for name in environ if name.startswith(prefix) and name not in names):
        raise ConfigurationError(f"there is no setting {', '.join(strange)}")
    given = {names[name]: value for name, value in environ.items() if name in names}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"a setting is not what it must be: {error}") from error


def _origins_of(settings: Settings) -> Origins:
    said = [origin.strip() for origin in settings.origins.split(",") if origin.strip()]
    if strange := [origin for origin in said if not _is_origin(origin)]:
        raise ConfigurationError(f"origins: no browser says {strange[0]!r}; say it as in https://shop.example, or *")
    return Origins(said)


def rules_of(
    settings: Settings,
    *,
    monotonic: Callable[[], float],
    tokens: Tokens | None = None,
    user_agents: Any = None,
    workers: int = 1,
) -> Rules:
    """The rules that the settings make. `tokens` and `user_agents`: where the settings ask for them.

    Raises `ConfigurationError` for settings that do not go together.
    """
    if settings.parse_user_agent and user_agents is None:
        raise ConfigurationError("user agents are to be parsed, but nothing that parses them is here")
    if (settings.jwt_issuer or settings.jwt_audience) and not settings.jwks:
        raise ConfigurationError("jwt_issuer, jwt_audience: no token is asked for without its keys; set jwks as well")
    if bool(settings.jwks) is not (tokens is not None):
        raise ConfigurationError("jwks and a checker of tokens go together")
    if settings.earliest.tzinfo is None:
        raise ConfigurationError("earliest: give an offset, as in 2020-01-01T00:00:00Z")
    keys = parse_write_keys(settings.write_keys)
    if settings.anyone and (keys or settings.jwks):
        raise ConfigurationError("anyone: a key or a token would be asked for all the same; take it away, or them")
    access = Access(keys, monotonic=monotonic, tokens=tokens, anyone=settings.anyone, share=1 / workers)
    return Rules(
        access=access,
        origins=_origins_of(settings),
        enrichment=Enrichment(settings.truncate_ip, user_agents if settings.parse_user_agent else None),
        earliest=settings.earliest,
        retry_after=settings.retry_after,
    )
