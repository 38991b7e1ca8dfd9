"""Every number that Personalize refuses by, in one place. Sources and dates: the developer guide, 2023 to 2026."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Data
MIN_IMPORT_INTERACTIONS: Final = 1_000
MIN_TRAINING_INTERACTIONS: Final = 1_000
MIN_USERS_WITH_TWO: Final = 25
MIN_SHARE_OF_USERS_WITH_TWO: Final = 0.01
MAX_METADATA_COLUMNS: Final = MappingProxyType({"Interactions": 5, "Items": 100, "Users": 25})
MAX_EVENT_TYPES_AND_COLUMNS: Final = 10
MAX_TEXTUAL_COLUMNS: Final = 1
MAX_TEXT: Final = 20_000  # longer text is cut, not refused
MAX_ID: Final = 256
MAX_VALUE: Final = 1_000  # categorical values with their `|`, impressions, other strings
MAX_COLUMN_NAME: Final = 150
MAX_FULL_BYTES: Final = 100 * 10**9
MAX_INCREMENTAL_BYTES: Final = 10**9

# Events
MAX_EVENT_BYTES: Final = 10 * 1024
RECENT_EVENTS: Final = 100  # a user's events of one type that filters look at
TRAINING_EVENTS: Final = 1_000  # a user's latest interactions that a training reads; 200 cost films a seventh of NDCG
TRAINING_HISTORY: Final = 200  # a user's latest items that nearest neighbours and requests look at

# Resources, per region
MAX_SCHEMAS: Final = 500
MAX_DATASET_GROUPS: Final = 5
MAX_PENDING_IMPORTS: Final = 5
MAX_PENDING_EXPORTS: Final = 5
MAX_PENDING_BATCH_INFERENCE_JOBS: Final = 5
MAX_PENDING_BATCH_SEGMENT_JOBS: Final = 5
MAX_PENDING_DELETION_JOBS: Final = 5
MAX_PENDING_SOLUTION_VERSIONS: Final = 20

# Resources, per dataset group
MAX_SOLUTIONS: Final = 10
MAX_CAMPAIGNS: Final = 5
MAX_RECOMMENDERS: Final = 5
MAX_FILTERS: Final = 30
MAX_FIELDS_OF_FILTER: Final = 10
MAX_FIELDS_OF_ALL_FILTERS: Final = 20
MAX_FILTER: Final = 2_500  # characters of an expression
MAX_PLACEHOLDER: Final = 50  # characters of a name; filterValues has no longer ones
MAX_TAGS: Final = 50

# Serving
DEFAULT_RESULTS: Final = 25
MAX_RESULTS: Final = 500
MAX_RESULTS_WITH_METADATA: Final = 50
MAX_BATCH_RESULTS: Final = 500
MAX_BATCH_FILES: Final = 1_000
MAX_BATCH_BYTES: Final = 10**9
MAX_BATCH_RECORDS: Final = 50_000_000
MAX_SEGMENT_QUERIES: Final = MappingProxyType({"aws-item-affinity": 500, "aws-item-attribute-affinity": 10})
DEFAULT_EXPLORATION_WEIGHT: Final = 0.3
DEFAULT_EXPLORATION_AGE_DAYS: Final = 30

# Training
DEFAULT_TRAINING_DAYS: Final = 7
MAX_TRAINING_DAYS: Final = 30
MAX_HPO_JOBS: Final = 40
MAX_PARALLEL_HPO_JOBS: Final = 10
MAX_SEGMENT_USERS: Final = 5_000_000  # numResults of a batch segment job
