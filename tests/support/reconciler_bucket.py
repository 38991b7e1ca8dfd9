"""An S3 in memory, asked as boto3's client is, and publications of a few rows that claim to be many."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from consumers.personalize_sync.desired import schemas
from contract.manifest import FULL, Manifest, PublishedFile, encode_manifest

SCHEMAS = schemas()
PROFILE = {
    "rows": 2_000,
    "users": 100,
    "active_users": 90,
    "oldest": 1_799_000_000,
    "newest": 1_799_900_000,
    "event_types": {"shares": {"view": 0.9, "purchase": 0.1}, "rest": 0.0, "empty": 0.0},
    "top_items": {"shares": {"item-1": 0.5, "item-2": 0.5}, "rest": 0.0, "empty": 0.0},
}


@dataclass
class FakeS3:
    objects: dict[str, bytes] = field(default_factory=dict)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: ARG002, N803 - as boto3 has it
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: ARG002, N803
        self.objects[Key] = Body

    def get_paginator(self, _: str) -> FakeS3:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: ARG002, N803
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        yield {"Contents": [{"Key": key, "ETag": f'"{etag(self.objects[key])}"'} for key in keys]}


def etag(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def publish(
    s3: FakeS3, dataset: str, number: int, *, rows: int = 2_000, mode: str = FULL, size: int | None = None, **more: Any
) -> Manifest:
    """As the files' jobs do, the manifest last."""
    data = f"{dataset} {number}".encode()
    home = f"{dataset}/{number:010d}/"
    key = f"{home}{mode.lower()}/part-00000.csv"
    s3.objects[key] = data
    s3.objects[f"{home}schema.avsc"] = SCHEMAS[dataset].encode()
    file = PublishedFile(key=key, etag=etag(data), size=size or len(data), rows=rows, sha256="")
    facts: dict[str, Any] = {
        "dataset": dataset,
        "number": number,
        "mode": mode,
        "run_id": "run",
        "finished_at": "2026-11-23T00:00:00.000Z",
        "contract_version": 1,
        "prefix": f"{home}{mode.lower()}/",
        "files": (file,),
        "schema_key": f"{home}schema.avsc",
        "covers": number,
        "sources": (),
        "outcomes": {"delivered": rows},
        "settings": {},
        "profile": PROFILE if dataset == "interactions" else {},
    }
    manifest = Manifest(**facts | more)
    s3.objects[manifest.key] = encode_manifest(manifest)
    return manifest


def publish_all(s3: FakeS3, number: int = 1) -> None:
    for dataset in ("items", "users", "interactions"):
        publish(s3, dataset, number)


def damage(s3: FakeS3, manifest: Manifest) -> None:
    """Its file is no longer what was published."""
    s3.objects[manifest.files[0].key] = b"other"
