"""Saved queries, run through Athena's own API."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from contract.errors import ClickstreamError

_POLL_SECONDS = 0.05
_DEADLINE_SECONDS = 300


class QueryFailed(ClickstreamError):
    """Athena could not answer; the message is Athena's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    name: str
    columns: list[str]
    rows: list[list[str]]  # as Athena writes them; a null is the empty string


def saved_queries(athena: Any, work_group: str) -> dict[str, str]:
    """Name -> id of the workgroup's saved queries, by name."""
    ids = athena.list_named_queries(WorkGroup=work_group)["NamedQueryIds"]
    return dict(sorted((athena.get_named_query(NamedQueryId=i)["NamedQuery"]["Name"], i) for i in ids))


def run_saved_query(athena: Any, query_id: str) -> Answer:
    """Run it in its workgroup and return all rows. Raises QueryFailed."""
    query = athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
    execution = athena.start_query_execution(
        QueryString=query["QueryString"],
        WorkGroup=query["WorkGroup"],
        QueryExecutionContext={"Database": query["Database"]},
    )["QueryExecutionId"]
    _await(athena, execution, query["Name"])
    return _answer(athena, execution, query["Name"])


def _await(athena: Any, execution: str, name: str) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        status = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in {"FAILED", "CANCELLED"}:
            raise QueryFailed(f"{name}: {status.get('StateChangeReason', status['State'])}")
        time.sleep(_POLL_SECONDS)
    raise QueryFailed(f"{name}: no answer within {_DEADLINE_SECONDS} s")


def _answer(athena: Any, execution: str, name: str) -> Answer:
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution)
    rows = [
        [cell.get("VarCharValue", "") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
    ]
    return Answer(name=name, columns=rows[0], rows=rows[1:])
