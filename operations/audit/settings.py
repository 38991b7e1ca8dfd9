"""What the scheduled audit is told: the names of what it looks at."""

import msgspec

from operations.audit.everything import IMPORTS_FILES, SENDS_EVENTS
from operations.deployment import Deployment


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    stage: str
    raw_bucket: str
    lake_bucket: str
    quarantine_bucket: str
    personalize_bucket: str
    state_table: str
    interactions_source: str


def deployment_of(settings: Settings) -> Deployment:
    """As far as the audit needs it."""
    return Deployment(
        stage=settings.stage,
        raw_bucket=settings.raw_bucket,
        lake_bucket=settings.lake_bucket,
        quarantine_bucket=settings.quarantine_bucket,
        personalize_bucket=settings.personalize_bucket,
        state_table=settings.state_table,
        functions={
            SENDS_EVENTS: f"clickstream-{settings.stage}-realtime",
            IMPORTS_FILES: f"clickstream-{settings.stage}-personalize-sync",
        },
        interactions_source=settings.interactions_source,
    )
