"""The bucket for Personalize, in S3: manifests, and the files that they name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated
from consumers.personalize_sync.desired import compact
from consumers.personalize_sync.publications import Missing, Publication
from contract.manifest import Manifest, decode_manifest, ready_key, ready_prefix

_UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class S3Files:
    """For one invocation: manifests are never replaced, so each is read once. `schemas`: those of the contract now."""

    client: Any
    bucket: str
    schemas: dict[str, str]
    _read: dict[str, Publication] = field(default_factory=dict)

    def numbers(self, dataset: str) -> tuple[int, ...]:
        names = (key.rpartition("/")[2] for key, _ in self._listed(ready_prefix(dataset)))
        return tuple(sorted(int(name.removesuffix(".json")) for name in names if name.removesuffix(".json").isdigit()))

    def publication(self, dataset: str, number: int) -> Publication:
        key = ready_key(dataset, number)
        if key not in self._read:
            try:
                self._read[key] = _decoded(dataset, number, self.read(key))
            except Missing as missing:  # it was there a moment ago
                return Publication(dataset=dataset, number=number, fault=str(missing))
        return self._read[key]

    def fault(self, publication: Publication) -> str:
        manifest = publication.manifest
        if manifest is None:
            return publication.fault
        there = set(self._listed(manifest.prefix))
        if there != {(file.key, file.etag) for file in manifest.files}:
            return f"below {manifest.prefix} are not the files that the manifest names"
        if not self.has(manifest.schema_key):
            return f"{manifest.schema_key} is missing"
        if not _is_same(self.read(manifest.schema_key), self.schemas[manifest.dataset]):
            return "its files have the columns of another version of the contract; the next publication has this one's"
        return ""

    def location(self, prefix: str) -> str:
        return f"s3://{self.bucket}/{prefix}"

    def has(self, key: str) -> bool:
        return any(found == key for found, _ in self._listed(key))

    def read(self, key: str) -> bytes:
        with translated(f"read s3://{self.bucket}/{key}"):
            try:
                body: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error_code(error) == "NoSuchKey":
                    raise Missing(f"{key} is missing") from error
                raise
        return body

    def put(self, key: str, data: bytes) -> None:
        with translated(f"put s3://{self.bucket}/{key}"):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def _listed(self, prefix: str) -> list[tuple[str, str]]:
        """Keys and etags."""
        with translated(f"list s3://{self.bucket}/{prefix}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return [(found["Key"], found["ETag"].strip('"')) for page in pages for found in page.get("Contents", ())]


def _decoded(dataset: str, number: int, data: bytes) -> Publication:
    try:
        manifest = decode_manifest(data)
        _check(manifest, dataset, number)
    except _UNREADABLE as error:
        return Publication(dataset=dataset, number=number, fault=f"its manifest cannot be read: {error!r}")
    return Publication(dataset=dataset, number=number, manifest=manifest)


def _check(manifest: Manifest, dataset: str, number: int) -> None:
    """It is what its name says, and names files below its own prefix alone."""
    if (manifest.dataset, manifest.number) != (dataset, number):
        raise ValueError(f"it is of {manifest.dataset} {manifest.number}")
    if manifest.mode not in {"FULL", "INCREMENTAL"}:
        raise ValueError(f"its mode is {manifest.mode!r}")
    if not all(isinstance(value, int) for file in manifest.files for value in (file.rows, file.size)):
        raise ValueError("rows and size of its files are not numbers")
    if not isinstance(manifest.profile, dict):
        raise TypeError("its profile is no object")
    if not manifest.files or not manifest.prefix or not all(f.key.startswith(manifest.prefix) for f in manifest.files):
        raise ValueError("its files are not below its prefix")


def _is_same(data: bytes, schema: str) -> bool:
    try:
        return compact(json.loads(data)) == schema
    except ValueError:
        return False
