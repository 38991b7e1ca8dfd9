"""Objects under one prefix: what jobs ask of S3."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import boto3
from botocore.exceptions import ClientError

from contract.errors import ConfigurationError, TransientError

_BUSY = frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "503", "500"})
_WRONG = frozenset({"NoSuchBucket", "AccessDenied", "403"})
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_DELETED_AT_ONCE = 1_000


class AlreadyExists(Exception):
    """`create` found an object of that name."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    key: str  # below the store's prefix
    etag: str
    size: int  # bytes
    modified: datetime


class Store(Protocol):
    """Keys are relative to the store's prefix. Raises TransientError where trying again may help."""

    def uri(self, key: str) -> str:
        """What Spark reads or writes this key as."""
        ...

    def list(self, prefix: str) -> list[StoredObject]:
        """In the order of their keys."""
        ...

    def read(self, key: str) -> bytes: ...

    def copy(self, source: str, key: str) -> str:
        """Within the store, up to 5 GB; replaces what is there. Returns the copy's etag."""
        ...

    def create(self, key: str, data: bytes) -> None:
        """Write a new object; raises AlreadyExists rather than replace one."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write an object, or replace what is there."""
        ...

    def delete(self, keys: Iterable[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class S3Store:
    client: Any  # of S3
    bucket: str
    prefix: str  # empty, or ends in "/"

    @classmethod
    def open(cls, uri: str) -> S3Store:
        """Of "s3://bucket/prefix/". Raises ConfigurationError for anything else."""
        scheme, _, rest = uri.partition("://")
        bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not bucket or (prefix and not prefix.endswith("/")):
            raise ConfigurationError(f"{uri!r} is not of the form s3://bucket/prefix/")
        return cls(boto3.client("s3"), bucket, prefix)

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{self.prefix}{key}"

    def list(self, prefix: str) -> list[StoredObject]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
        with _translated(f"list {self.uri(prefix)}"):
            return [self._stored(found) for page in pages for found in page.get("Contents", ())]

    def read(self, key: str) -> bytes:
        with _translated(f"read {self.uri(key)}"):
            body: bytes = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"].read()
            return body

    def copy(self, source: str, key: str) -> str:
        origin = {"Bucket": self.bucket, "Key": self.prefix + source}
        with _translated(f"copy {self.uri(source)} to {self.uri(key)}"):
            done = self.client.copy_object(CopySource=origin, Bucket=self.bucket, Key=self.prefix + key)
        etag: str = done["CopyObjectResult"]["ETag"]
        return etag.strip('"')

    def create(self, key: str, data: bytes) -> None:
        with _translated(f"create {self.uri(key)}"):
            self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=data, IfNoneMatch="*")

    def put(self, key: str, data: bytes) -> None:
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"  # pages open in a browser
        with _translated(f"put {self.uri(key)}"):
            self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=data, ContentType=kind)

    def delete(self, keys: Iterable[str]) -> None:
        names = [{"Key": self.prefix + key} for key in keys]
        for at in range(0, len(names), _DELETED_AT_ONCE):
            with _translated(f"delete below {self.uri('')}"):
                self.client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": names[at : at + _DELETED_AT_ONCE], "Quiet": True}
                )

    def _stored(self, found: Any) -> StoredObject:
        key = found["Key"].removeprefix(self.prefix)
        return StoredObject(key, found["ETag"].strip('"'), found["Size"], found["LastModified"])


class _translated:  # noqa: N801 - reads as a word where it stands
    """botocore's errors as ours: busy, wrongly configured, or taken; anything else is a bug and passes."""

    def __init__(self, action: str) -> None:
        self._action = action

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, ClientError):
            return
        code = error.response["Error"]["Code"]
        if code in _TAKEN:
            raise AlreadyExists(self._action) from error
        if code in _BUSY:
            raise TransientError(f"{self._action}: {error}") from error
        if code in _WRONG:
            raise ConfigurationError(f"{self._action}: {error}") from error
