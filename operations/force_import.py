"""`clickstream force-import`: a person's word that a publication with far fewer rows is meant."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import boto3

from consumers.personalize_sync import records
from consumers.personalize_sync.bucket import S3Files
from consumers.personalize_sync.desired import DATASETS, schemas
from consumers.personalize_sync.publications import Files, Publication
from consumers.state_table import StateTable
from contract.errors import ConfigurationError
from operations.deployment import Deployment
from operations.waking import wake_reconciler

_read_key: Final = re.compile(rf"_ready/({'|'.join(DATASETS)})/([0-9]{{10}})\.json").fullmatch


def force_import(deployment: Deployment, manifest_key: str, now: datetime) -> str:
    """Note the word in the caller's name and wake the reconciler; returns what was noted, as a sentence.

    Raises ConfigurationError for what no word can have imported, TransientError where the reconciler was not woken:
    it looks by itself, later.
    """
    files = S3Files(boto3.client("s3"), deployment.personalize_bucket, schemas())
    who = boto3.client("sts").get_caller_identity()["Arn"]
    publication = force(manifest_key, files=files, state=deployment.state(), who=who, at=now.timestamp())
    wake_reconciler(deployment)
    return f"{publication.key} may replace all {publication.dataset} by its {publication.rows:,} rows, says {who}"


def force(manifest_key: str, *, files: Files, state: StateTable, who: str, at: float) -> Publication:
    """Let the reconciler import this publication, however few rows it has. `at`: epoch seconds.

    Raises ConfigurationError where it is no READY manifest, or not the newest FULL one of its dataset: a word for any
    other would change nothing.
    """
    publication = _publication(manifest_key, files)
    if not publication.is_full:
        raise ConfigurationError(f"{manifest_key} is INCREMENTAL: it replaces nothing, and is not held for its rows")
    newer = _newer_full(publication, files)
    if newer:
        raise ConfigurationError(f"{manifest_key} is not imported any more: {newer} is a newer FULL publication")
    records.force_import(state, manifest_key, who=who, at=at)
    return publication


def _publication(manifest_key: str, files: Files) -> Publication:
    match = _read_key(manifest_key)
    if match is None:
        raise ConfigurationError(f"{manifest_key!r} is no READY manifest, as _ready/items/0000000001.json is one")
    publication = files.publication(match[1], int(match[2]))
    if publication.manifest is None:
        raise ConfigurationError(f"{manifest_key} is no READY manifest of this deployment: {publication.fault}")
    return publication


def _newer_full(publication: Publication, files: Files) -> str | None:
    dataset = publication.dataset
    newer = (files.publication(dataset, n) for n in files.numbers(dataset) if n > publication.number)
    return next((each.key for each in newer if each.is_full), None)
