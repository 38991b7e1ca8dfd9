"""Ids for what came without one."""

from __future__ import annotations

import random
import uuid


def new_id() -> str:
    """As `uuid4` makes them, but without a call of the system each, for which the writing thread makes it wait."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
