"""Importing this serves the operations of personalize-events and personalize-runtime."""

from __future__ import annotations

from personalize_local.serving import put_events, put_records, runtime  # noqa: F401 - importing is what this is for
