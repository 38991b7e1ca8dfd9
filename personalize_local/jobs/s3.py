"""S3 as jobs use it: from any endpoint, with Personalize's words for what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlparse

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from personalize_local.jobs.workers import JobFailed

_DENIED: Final = frozenset({"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"})


class Store:
    """Objects by `s3://bucket/key`. Every failure is a `JobFailed`."""

    def __init__(self, endpoint: str | None) -> None:
        self._client = boto3.client("s3", endpoint_url=endpoint)

    def files(self, location: str) -> list[str]:
        """The object of this name, or all below it as a folder; "Invalid Data location." where there is neither."""
        bucket, key = _split(location)
        keys = self._keys(bucket, key)
        if key in keys and not key.endswith("/"):
            return [location]
        folder = [each for each in keys if each.startswith(f"{key.rstrip('/')}/" if key else "")]
        found = [f"s3://{bucket}/{each}" for each in folder if not each.endswith("/")]
        if not found:
            raise JobFailed("Invalid Data location.")
        return found

    def size(self, location: str) -> int:
        """Bytes of one object."""
        bucket, key = _split(location)
        return int(self._asked("head_object", Bucket=bucket, Key=key)["ContentLength"])

    def fetch(self, location: str, path: Path) -> Path:
        bucket, key = _split(location)
        self._asked("download_file", bucket, key, str(path))
        return path

    def put(self, path: Path, location: str) -> None:
        bucket, key = _split(location)
        self._asked("upload_file", str(path), bucket, key)

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        keys: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = self._asked("list_objects_v2", Bucket=bucket, Prefix=prefix, **token)
            keys += [each["Key"] for each in page.get("Contents", [])]
            if not page.get("IsTruncated"):
                return keys
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _asked(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(self._client, operation)(*args, **kwargs)
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIED:
                raise JobFailed("Insufficient privileges for accessing data in Amazon S3.") from error
            raise JobFailed("Invalid Data location.") from error
        except (BotoCoreError, OSError) as error:
            raise JobFailed(f"Amazon S3 cannot be reached: {error}") from error


def _split(location: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key, or of http://host/bucket/key."""
    parsed = urlparse(location)
    if parsed.scheme == "s3":
        return parsed.netloc, parsed.path.removeprefix("/")
    bucket, _, key = parsed.path.removeprefix("/").partition("/")
    return bucket, key
