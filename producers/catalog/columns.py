"""Which column of a file becomes which field of an item or a user."""

from __future__ import annotations

from dataclasses import dataclass

from contract.schema import Record
from producers.catalog.values import READERS, Reader, age_band, year


@dataclass(frozen=True, slots=True)
class Column:
    """`field`: the contract's name. `read`: a cell to its value."""

    field: str
    read: Reader


_ALSO = {
    "item": {
        "movieid": "item_id",
        "genre": "genres",
        "year": "release_year",
        "creationtimestamp": "created_at",
        "productdescription": "description",
    },
    "user": {"age": "age_band", "country": "location"},
}
"""Names of Personalize and of files like MovieLens's, beside the contract's own."""

_READ_OTHERWISE: dict[str, Reader] = {"year": year, "releaseyear": year, "age": age_band}


class Columns:
    """The columns that a record knows, whatever their case and with or without underscores."""

    def __init__(self, record: Record) -> None:
        fields = {field.name.replace("_", ""): field for field in record.fields}
        also = {other: record.field(name) for other, name in _ALSO[record.name].items()}
        self._known = {
            name: Column(field.name, _READ_OTHERWISE.get(name, READERS[field.kind]))
            for name, field in (fields | also).items()
        }

    def find(self, name: str) -> Column | None:
        """The column that a file calls so; None where the contract has none such."""
        return self._known.get(name.strip().lower().replace("_", ""))
