"""Reads a schema's Avro text and refuses what Personalize refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast, get_args

import msgspec

from personalize_local.limits import MAX_COLUMN_NAME, MAX_METADATA_COLUMNS, MAX_TEXTUAL_COLUMNS
from personalize_local.schemas.model import AvroType, DatasetSchema, DatasetType, Domain, Field
from personalize_local.schemas.named import Named, named_columns

_NAMESPACE: Final = "com.amazonaws.personalize.schema"
_KEYS: Final = ("type", "name", "namespace", "fields", "version")
_FIELD_KEYS: Final = ("name", "type", "categorical", "textual")
_TYPES: Final = get_args(AvroType)
_DATASETS: Final = get_args(DatasetType)
_OF_ACTIONS: Final = ("Actions", "ActionInteractions", "Action_Interactions")
_is_name = re.compile(r"[A-Za-z_][A-Za-z\d_]*", re.ASCII).fullmatch


class InvalidSchema(ValueError):
    """The schema is not one that Personalize takes."""


def parse_schema(text: str, domain: Domain | None = None) -> DatasetSchema:
    """What the schema says. Raises `InvalidSchema`, which names the field and what it has to be."""
    record = _record(text)
    dataset = _dataset(record.get("name"))
    _demand_fixed(record, "type", "record")
    _demand_fixed(record, "namespace", _NAMESPACE)
    _demand_fixed(record, "version", "1.0")
    entries = record.get("fields")
    if not isinstance(entries, list) or not entries:
        raise InvalidSchema("The schema must have fields: a list of objects with a name and a type.")
    fields = tuple(_field(entry) for entry in entries)
    named = named_columns(dataset, domain)
    for field in fields:
        _check_flags(field, dataset)
        if field.name in named:
            _check_named(field, named[field.name])
    _check_together(fields, dataset, named)
    return DatasetSchema(dataset=dataset, fields=fields, domain=domain)


def _record(text: str) -> dict[str, Any]:
    try:
        record = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidSchema(f"The schema is not valid JSON: {error}.") from error
    if not isinstance(record, dict):
        raise InvalidSchema("The schema must be a JSON object of type record.")
    _refuse_unknown(record, _KEYS, "The schema")
    return record


def _refuse_unknown(entry: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    if unknown := sorted(set(entry) - set(known)):
        raise InvalidSchema(f"{where} has unknown attributes: {', '.join(unknown)}. Known are: {', '.join(known)}.")


def _demand_fixed(record: Mapping[str, Any], key: str, value: str) -> None:
    if record.get(key) != value:
        raise InvalidSchema(f'The schema must have "{key}": "{value}".')


def _dataset(name: object) -> DatasetType:
    if name in _OF_ACTIONS:
        raise InvalidSchema(f"{name}: datasets of actions are not supported by this emulator.")
    if not isinstance(name, str) or name not in _DATASETS:
        raise InvalidSchema(f"The schema's name must be its dataset's type: one of {', '.join(_DATASETS)}.")
    return cast("DatasetType", name)


def _field(entry: object) -> Field:
    if not isinstance(entry, dict) or not isinstance(name := entry.get("name"), str):
        raise InvalidSchema("Each field of the schema must be an object with a name and a type.")
    if not _is_name(name) or len(name) > MAX_COLUMN_NAME:
        raise InvalidSchema(
            f"Field {name[:MAX_COLUMN_NAME]!r}: a name has at most {MAX_COLUMN_NAME} characters, "
            "letters, digits and underscores, and does not start with a digit."
        )
    _refuse_unknown(entry, _FIELD_KEYS, f"Field {name}")
    kind, nullable = _type(name, entry.get("type"))
    categorical, textual = (_flag(name, flag, entry.get(flag, False)) for flag in ("categorical", "textual"))
    return Field(name=name, type=kind, nullable=nullable, categorical=categorical, textual=textual)


def _flag(name: str, flag: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidSchema(f"Field {name}: {flag} must be true or false.")
    return value


def _type(name: str, declared: object) -> tuple[AvroType, bool]:
    """The type and whether it may be null. AWS's own examples write a type alone as a list, too."""
    members = declared if isinstance(declared, list) else [declared]
    others = [member for member in members if member != "null"]
    if len(others) != 1 or len(members) - len(others) > 1 or not isinstance(others[0], str) or others[0] not in _TYPES:
        raise InvalidSchema(
            f"Field {name}: the type must be one of {', '.join(_TYPES)}, or a union of exactly one of them "
            'and "null". Arrays, maps, enums and nested records are not supported.'
        )
    return cast("AvroType", others[0]), len(members) != len(others)


def _check_flags(field: Field, dataset: DatasetType) -> None:
    if field.categorical and field.type != "string":
        raise InvalidSchema(f"Field {field.name}: only a string can be categorical.")
    if field.textual and (field.type != "string" or dataset != "Items"):
        raise InvalidSchema(f"Field {field.name}: only a string of the Items dataset can be textual.")
    if field.categorical and field.textual:
        raise InvalidSchema(f"Field {field.name}: a field is categorical or textual, not both.")


def _check_named(field: Field, named: Named) -> None:
    if field.type != named.type:
        raise InvalidSchema(f"Field {field.name} must be of type {named.type}.")
    if field.nullable and not named.nullable:
        raise InvalidSchema(f"Field {field.name} is required: its type must not include null.")
    for flag in ("categorical", "textual"):
        wanted = getattr(named, flag)
        if getattr(field, flag) != wanted:
            raise InvalidSchema(f"Field {field.name} is a reserved name: it must {'' if wanted else 'not '}be {flag}.")


def _check_together(fields: tuple[Field, ...], dataset: DatasetType, named: Mapping[str, Named]) -> None:
    names = {field.name for field in fields}
    if missing := [name for name, column in named.items() if column.required and name not in names]:
        raise InvalidSchema(f"The {dataset} schema is missing the following required fields: {', '.join(missing)}.")
    _refuse_alike(field.name for field in fields)
    own = [field for field in fields if field.name not in named]
    if len(own) > MAX_METADATA_COLUMNS[dataset]:
        raise InvalidSchema(
            f"The {dataset} schema has {len(own)} metadata fields; at most {MAX_METADATA_COLUMNS[dataset]} are allowed."
        )
    described = own or [field for field in fields if field.name in named and named[field.name].metadata]
    if dataset != "Interactions" and not described:
        raise InvalidSchema(f"The {dataset} schema must have at least one metadata field.")
    if sum(field.textual for field in fields) > MAX_TEXTUAL_COLUMNS:
        raise InvalidSchema(f"The {dataset} schema has more than {MAX_TEXTUAL_COLUMNS} textual field.")


def _refuse_alike(names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        key = name.replace("_", "").lower()
        if key in seen:
            raise InvalidSchema(
                f"Fields {seen[key]} and {name} are the same name to Personalize: "
                "names must differ in more than underscores and case."
            )
        seen[key] = name
