"""The whole audit of a deployment: from the producers to the files for Personalize, and to Personalize itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import boto3

from operations.audit.core import Patience, audit
from operations.audit.evidence import Evidence
from operations.audit.files.core import audit_files
from operations.audit.files.gather import FileStores, gather_files
from operations.audit.gather import Stores, gather
from operations.audit.imports.core import audit_imports
from operations.audit.imports.gather import gather_imports
from operations.audit.report import Report, joined
from operations.audit.stream.core import audit_stream
from operations.audit.stream.gather import gather_stream
from operations.deployment import RAW_KEPT, Deployment

SENDS_EVENTS = "Realtime"
IMPORTS_FILES = "PersonalizeSync"
STREAM_RETENTION_AND_GRACE = timedelta(hours=48 + 24)
"""How long what was accepted may be nowhere."""
_MARGIN = timedelta(days=1)


def audit_all(deployment: Deployment, patience: Patience, *, quick: bool = False) -> Report:
    """Every hop that is deployed.

    `quick` trusts counts and etags, reads no rows, and of the stream's accounts those that can still be waited for.
    """
    stores = Stores(raw=deployment.raw(), lake=deployment.lake(), quarantine=deployment.quarantine())
    events = gather(stores, quick=quick, kept_since=patience.now - RAW_KEPT)
    parts = [audit(events, patience)]
    if SENDS_EVENTS in deployment.functions:
        parts.append(_stream(deployment, events, patience, since=_since(patience) if quick else None))
    parts.append(_files(deployment, quick=quick))
    if IMPORTS_FILES in deployment.functions:
        parts.append(_imports(deployment, patience))
    return joined(parts)


def _since(patience: Patience) -> datetime | None:
    return None if patience.allowed is None else patience.now - patience.allowed - _MARGIN


def _stream(deployment: Deployment, events: Evidence, patience: Patience, *, since: datetime | None) -> Report:
    return audit_stream(gather_stream(events, deployment.state(), deployment.quarantine(), since=since), patience)


def _files(deployment: Deployment, *, quick: bool) -> Report:
    stores = FileStores(
        raw=deployment.raw_root(),
        lake=deployment.lake(),
        quarantine=deployment.quarantine(),
        personalize=deployment.personalize(),
    )
    hops, findings = audit_files(gather_files(stores, quick=quick))
    return Report(hops=hops, findings=findings)


def _imports(deployment: Deployment, patience: Patience) -> Report:
    evidence = gather_imports(
        deployment.personalize(),
        deployment.state(),
        boto3.client("personalize"),
        prefix=deployment.name,
        interactions_source=deployment.interactions_source,
    )
    return audit_imports(evidence, patience)
