"""Objects put into one bucket of S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consumers.aws_errors import translated


@dataclass(frozen=True, slots=True)
class S3Objects:
    client: Any  # of S3
    bucket: str

    def put(self, key: str, body: bytes) -> None:
        """Write, whatever is there. Raises `TransientError` where S3 did not take it."""
        with translated(f"keep {key}"):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body)
