"""A request's body to the events that it holds, each as its own bytes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType, ValidationError
from msgspec.json import Decoder

from contract.events import MAX_BODY_BYTES, MAX_BODY_EVENTS
from producers.collector.problems import Problem

_AS_GZIP = 16 + zlib.MAX_WBITS
_BARE_BATCH = len(b'{"events":[]}')
_BREAKS = bytes.maketrans(b"\r\n", b"  ")


class _Body(Struct):
    events: list[Raw] | UnsetType = UNSET


_read_array = Decoder(list[Raw]).decode
_read_object = Decoder(_Body).decode


def unpacked(body: bytes, encoding: bytes) -> bytes:
    """The body without its Content-Encoding, and never more than MAX_BODY_BYTES. Raises `Problem` where it is none."""
    if len(body) > MAX_BODY_BYTES:
        raise Problem(413, f"the body has more than {MAX_BODY_BYTES} bytes")
    if encoding in {b"", b"identity"}:
        return body
    if encoding.lower() not in {b"gzip", b"x-gzip"}:
        raise Problem(415, "Content-Encoding: send gzip, or the body as it is")
    return _inflated(body)


def events_in(body: bytes) -> list[bytes]:
    """The events of one JSON object, of an array, or of {"events": [...]}: at most MAX_BODY_EVENTS, each on one line.

    Raises `Problem` for anything else: then nothing of it can be told apart.
    """
    found = _values(body)
    if len(found) > MAX_BODY_EVENTS:
        raise Problem(413, f"the body has {len(found)} events; send at most {MAX_BODY_EVENTS} at once")
    lines = [*map(bytes, found)]
    if b"\n" in body or b"\r" in body:  # between tokens: no text of JSON has any
        return [line.translate(_BREAKS) for line in lines]
    return lines


def _inflated(body: bytes) -> bytes:
    inflater = zlib.decompressobj(_AS_GZIP)
    try:
        plain = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise Problem(400, "the body is not gzip") from error
    if len(plain) > MAX_BODY_BYTES:
        raise Problem(413, f"the body has more than {MAX_BODY_BYTES} bytes, unpacked")
    if not inflater.eof or inflater.unused_data:
        raise Problem(400, "the body is not one whole gzip member")
    return plain


def _values(body: bytes) -> Sequence[Raw | bytes]:
    try:
        if body.lstrip(b" \t\r\n")[:1] == b"[":
            return _read_array(body)
        found = _read_object(body).events
    except RecursionError as error:
        raise Problem(400, "the body is nested too deep") from error
    except ValidationError as error:
        raise Problem(400, 'the body is to be an event, an array of events, or {"events": [...]}') from error
    except (DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, f"the body cannot be read: {error}") from error
    if isinstance(found, UnsetType):
        return [body.strip(b" \t\r\n")]
    _refuse_repeated_batches(body, found)
    return found


def _refuse_repeated_batches(body: bytes, found: Sequence[Raw]) -> None:
    """Of a key that comes twice a reader keeps one; the other's events would be lost without a word."""
    if len(body) == _BARE_BATCH + sum(len(memoryview(value)) for value in found) + max(0, len(found) - 1):
        return
    try:
        names = json.loads(body.decode(errors="replace"), object_pairs_hook=_names, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "the body cannot be read: it is no JSON to every reader") from error
    if names.count("events") > 1:
        raise Problem(400, 'the body has "events" twice')


def _names(pairs: list[tuple[str, Any]]) -> list[str]:
    return [name for name, _ in pairs]
