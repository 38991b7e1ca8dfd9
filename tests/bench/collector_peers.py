"""The collector as most would write it: FastAPI, and the event as a pydantic model."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException
from pydantic import AwareDatetime, BaseModel, Field

from tests.bench.collector_sides import _SHARDS, KEY

_SHA256 = hashlib.sha256(KEY.encode()).hexdigest()
Text = Annotated[str, Field(min_length=1, max_length=256)]


class Context(BaseModel):
    device: Text | None = None
    platform: Text | None = None
    app_version: Text | None = None
    locale: Text | None = None
    page: Annotated[str, Field(max_length=2_000)] | None = None
    referrer: Annotated[str, Field(max_length=2_000)] | None = None


class Event(BaseModel):
    schema_version: int | None = None
    app_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    event_id: Text
    event_type: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.: -]{0,255}$")]
    occurred_at: AwareDatetime
    sent_at: AwareDatetime | None = None
    received_at: AwareDatetime | None = None
    user_id: Text | None = None
    anonymous_id: Text | None = None
    session_id: Text | None = None
    item_id: Text | None = None
    value: float | None = None
    recommendation_id: Annotated[str, Field(max_length=40)] | None = None
    impression: Annotated[list[Text], Field(max_length=25)] | None = None
    context: Context | None = None
    properties: dict[str, str | int | float | bool | None] | None = None
    consent: dict[str, bool | None] | None = None


_app = FastAPI()


def fastapi() -> FastAPI:
    """What uvicorn serves."""
    return _app


@_app.post("/v1/events", status_code=202)  # type: ignore[untyped-decorator]  # lies in build/peers alone
async def events(body: list[Event] | Event, x_write_key: Annotated[str, Header()]) -> dict[str, int]:
    """Validated, stamped, written again, routed; nothing sent."""
    if not hmac.compare_digest(hashlib.sha256(x_write_key.encode()).hexdigest(), _SHA256):
        raise HTTPException(401)
    found = body if isinstance(body, list) else [body]
    now = datetime.now(UTC)
    for event in found:
        event.received_at = now
        event.model_dump_json(exclude_none=True)
        _SHARDS.lane((event.user_id or event.anonymous_id or "").encode())
    return {"accepted": len(found)}
