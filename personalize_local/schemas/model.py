"""What a schema says, once it is known to be one that Personalize takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

DatasetType = Literal["Interactions", "Items", "Users"]
Domain = Literal["ECOMMERCE", "VIDEO_ON_DEMAND"]
AvroType = Literal["string", "int", "long", "float", "double", "boolean"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column."""

    name: str
    type: AvroType
    nullable: bool = False
    categorical: bool = False
    textual: bool = False

    @property
    def is_number(self) -> bool:
        return self.type in {"int", "long", "float", "double"}


@dataclass(frozen=True, kw_only=True)
class DatasetSchema:
    """The columns of one dataset, in the schema's order."""

    dataset: DatasetType
    fields: tuple[Field, ...]
    domain: Domain | None = None

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}
