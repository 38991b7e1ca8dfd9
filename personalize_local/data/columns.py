"""A column's values: from text to what its field says, and which of them are not so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_local.limits import MAX_ID, MAX_TEXT, MAX_VALUE
from personalize_local.schemas.model import DatasetSchema, Field
from personalize_local.schemas.properties import IDS

Mask = NDArray[np.bool_]

EMPTY: Final = "the value is empty, and the schema allows no null"
_BITS: Final = {"int": 31, "long": 63}
_TOO_LARGE: Final = {"float": 3.4028235677973366e38, "double": float("inf")}  # from here on, they say infinity
_is_whole = re.compile(r"-?[0-9]+").fullmatch
_is_number = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?").fullmatch

# 64 bits for both widths: a value is written as it was read.
ARROW: Final[Mapping[str, pa.DataType]] = {
    "string": pa.string(),
    "int": pa.int64(),
    "long": pa.int64(),
    "float": pa.float64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
}


class Faults(NamedTuple):
    """The places in an array that break a rule."""

    rule: str
    places: NDArray[np.int64]


def arrow_schema(schema: DatasetSchema) -> pa.Schema:
    return pa.schema([pa.field(field.name, ARROW[field.type]) for field in schema.fields])


def converted(field: Field, texts: pa.Array) -> tuple[pa.Array, list[Faults]]:
    """The values by `ARROW`, null where they are at fault. `texts` is a string array, null where a cell is empty."""
    faults = []
    if not field.nullable and texts.null_count:
        faults.append(Faults(EMPTY, _places(texts.is_null())))
    values, rule, bad = _CONVERT[field.type](field, texts)
    if bad is not None:
        faults.append(Faults(rule, np.flatnonzero(bad)))
    return values, faults


def _places(mask: pa.Array) -> NDArray[np.int64]:
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False))


Conversion = tuple[pa.Array, str, Mask | None]


def _string(field: Field, texts: pa.Array) -> Conversion:
    limit = MAX_TEXT if field.textual else MAX_ID if field.name in IDS else MAX_VALUE
    # Characters are no more than bytes, which are counted without looking at them.
    if (pc.max(pc.binary_length(texts)).as_py() or 0) <= limit:
        return texts, "", None
    if field.textual:
        return pc.utf8_slice_codeunits(texts, 0, MAX_TEXT), "", None
    long = pc.fill_null(pc.greater(pc.utf8_length(texts), limit), fill_value=False)
    bad = long.to_numpy(zero_copy_only=False)
    return texts, f"the value has more than {limit} characters", bad if bad.any() else None


def _whole(field: Field, texts: pa.Array) -> Conversion:
    limit = 1 << _BITS[field.type]
    rule = f"the value is not a whole number of type {field.type}"
    if _only(texts, b"-0123456789"):
        values = _cast(texts, pa.int64())
        if values is not None and (field.type == "long" or _within(values, limit)):
            return values, rule, None
    return _one_by_one(texts, pa.int64(), rule, lambda text: _int_of(text, limit))


def _float(field: Field, texts: pa.Array) -> Conversion:
    limit = _TOO_LARGE[field.type]
    rule = f"the value is not a number of type {field.type}"
    if _only(texts, b"-+.eE0123456789"):
        values = _cast(texts, pa.float64())
        if values is not None and _within(values, limit):
            return values, rule, None
    return _one_by_one(texts, pa.float64(), rule, lambda text: _float_of(text, limit))


def _boolean(_: Field, texts: pa.Array) -> Conversion:
    values = pc.if_else(pc.is_in(texts, pa.array(["true", "false"])), pc.equal(texts, "true"), None)
    bad = pc.and_(texts.is_valid(), values.is_null()).to_numpy(zero_copy_only=False)
    return values, "the value is neither true nor false", bad if bad.any() else None


_CONVERT: Final[Mapping[str, Callable[[Field, pa.Array], Conversion]]] = {
    "string": _string,
    "int": _whole,
    "long": _whole,
    "float": _float,
    "double": _float,
    "boolean": _boolean,
}


def _only(texts: pa.Array, allowed: bytes) -> bool:
    """Whether the array's bytes are all among `allowed`: Arrow also reads hexadecimal, inf and nan."""
    _, offsets, data = texts.buffers()
    if data is None:
        return True
    places = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4)
    used = np.frombuffer(data, np.uint8)[places[0] : places[-1]]
    is_allowed = np.zeros(256, np.bool_)
    is_allowed[list(allowed)] = True
    return bool(is_allowed[used].all())


def _cast(texts: pa.Array, kind: pa.DataType) -> pa.Array | None:
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        return None


def _within(values: pa.Array, limit: float) -> bool:
    span = pc.min_max(values).as_py()
    return span["min"] is None or (-limit <= span["min"] and span["max"] < limit)


def _one_by_one(texts: pa.Array, kind: pa.DataType, rule: str, read: Callable[[str], Any]) -> Conversion:
    found = [None if text is None else read(text) for text in texts.to_pylist()]
    values = pa.array(found, kind)
    bad = pc.and_(texts.is_valid(), values.is_null()).to_numpy(zero_copy_only=False)
    return values, rule, bad if bad.any() else None


def _int_of(text: str, limit: int) -> int | None:
    value = int(text) if _is_whole(text) and len(text) <= MAX_VALUE else limit
    return value if -limit <= value < limit else None


def _float_of(text: str, limit: float) -> float | None:
    value = float(text) if _is_number(text) else limit
    return value if -limit < value < limit else None
