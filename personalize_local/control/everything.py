"""Importing this serves the operations of the control plane and fills the table of jobs."""

from __future__ import annotations

from personalize_local.control import (  # noqa: F401 - importing is what this is for
    automatic,
    batch_jobs,
    campaigns,
    dataset_groups,
    datasets,
    deletions,
    exports,
    filters,
    garbage,
    imports,
    recipes,
    recommenders,
    retraining,
    schemas,
    solutions,
    tags,
    trackers,
    versions,
)
