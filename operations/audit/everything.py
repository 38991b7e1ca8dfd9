"""The whole audit of a deployment: from the producers to the files for Personalize."""

from __future__ import annotations

from operations.audit.core import Patience, audit
from operations.audit.files.core import audit_files
from operations.audit.files.gather import FileStores, gather_files
from operations.audit.gather import Stores, gather
from operations.audit.report import Report
from operations.deployment import Deployment


def audit_all(deployment: Deployment, patience: Patience, *, quick: bool = False) -> Report:
    """Every hop. `quick` trusts counts and etags, and reads no rows."""
    lake, quarantine = deployment.lake(), deployment.quarantine()
    events = audit(gather(Stores(raw=deployment.raw(), lake=lake, quarantine=quarantine), quick=quick), patience)
    stores = FileStores(
        raw=deployment.raw_root(), lake=lake, quarantine=quarantine, personalize=deployment.personalize()
    )
    hops, findings = audit_files(gather_files(stores, quick=quick))
    return Report(hops=(*events.hops, *hops), findings=(*events.findings, *findings), pending=events.pending)
