"""Reads the queries that every analyst finds ready in the workgroup."""

from dataclasses import dataclass
from pathlib import Path

QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True, kw_only=True)
class NamedQuery:
    """One saved query in Athena's own SQL."""

    name: str
    description: str
    sql: str


def read_queries(folder: Path = QUERIES) -> tuple[NamedQuery, ...]:
    """Every `*.sql`, by name; the first line is a comment that says what it answers."""
    return tuple(_read(path) for path in sorted(folder.glob("*.sql")))


def _read(path: Path) -> NamedQuery:
    first, _, sql = path.read_text().partition("\n")
    if not first.startswith("-- ") or not sql.strip():
        raise ValueError(f"{path}: start with a line '-- what it answers', then the query")
    return NamedQuery(name=path.stem, description=first.removeprefix("-- "), sql=sql.strip() + "\n")
