"""What the job asks of a store, asked of the folder that its tests use and of S3 alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from contract.errors import ConfigurationError
from glue_jobs.store import AlreadyExists, S3Store, Store
from tests.support.folder_store import FolderStore

pytestmark = pytest.mark.integration


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    if request.param == "folder":
        yield FolderStore(tmp_path)
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="lake")
        yield S3Store(client, "lake", "below/")


def test_objects_are_listed_below_a_prefix_in_the_order_of_their_keys(store: Store) -> None:
    for key in ("b/2", "a/1", "b/1"):
        store.create(key, key.encode())

    assert [(found.key, found.size) for found in store.list("b/")] == [("b/1", 3), ("b/2", 3)]
    assert [found.key for found in store.list("")] == ["a/1", "b/1", "b/2"]


def test_what_was_created_is_read_back_and_never_replaced(store: Store) -> None:
    store.create("entry", b"first")

    with pytest.raises(AlreadyExists):
        store.create("entry", b"second")
    assert store.read("entry") == b"first"


def test_a_copy_replaces_and_its_etag_is_the_listings(store: Store) -> None:
    store.create("staged", b"new")
    store.create("final", b"old")

    etag = store.copy("staged", "final")

    assert store.read("final") == b"new"
    assert [found.etag for found in store.list("final")] == [etag]


def test_what_is_put_replaces(store: Store) -> None:
    store.put("page.html", b"old")
    store.put("page.html", b"new")

    assert store.read("page.html") == b"new"


def test_what_is_deleted_is_gone(store: Store) -> None:
    for key in ("a", "b"):
        store.create(key, b"")

    store.delete(["a"])

    assert [found.key for found in store.list("")] == ["b"]


@pytest.mark.parametrize("uri", ["s3a://lake/", "lake/events/", "s3:///events/", "s3://lake/events"])
def test_what_is_no_place_in_s3_is_refused(uri: str) -> None:
    with pytest.raises(ConfigurationError, match="is not of the form s3://bucket/prefix/"):
        S3Store.open(uri)


def test_a_bucket_that_is_not_there_is_a_matter_of_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws(), pytest.raises(ConfigurationError, match="list s3://none/"):
        S3Store(boto3.client("s3", region_name="us-east-1"), "none", "").list("")
