"""Numbers of Amazon Personalize, and ours, with where they come from.

Sources: Amazon Personalize developer guide, "Quotas", "Data formats", "Schemas", "Importing bulk data"; the API's
model. What is ours is a default that a setting changes.
"""

from __future__ import annotations

# Developer guide, "Quotas" and "Preparing training data": training fails below these.
MIN_INTERACTIONS = 1_000  # unique, after the filter by event type
MIN_ACTIVE_USERS = 25  # with two interactions or more
MIN_ACTIVE_SHARE = 0.01  # of all users

# "Importing bulk data": an import job of interactions takes no fewer.
MIN_INCREMENTAL = 1_000

# "Quotas", for the v2 recipes: what lies beyond is imported and not considered.
MAX_INTERACTIONS = 3_000_000_000
MAX_ITEMS = 5_000_000

# "Quotas": size of an import job.
MAX_FULL_BYTES = 100 * 10**9
MAX_INCREMENTAL_BYTES = 10**9

# "Quotas": columns.
MAX_METADATA_COLUMNS = {"Interactions": 5, "Items": 100, "Users": 25}
MAX_EVENT_TYPES_AND_COLUMNS = 10  # distinct event types, and columns beyond the three required

# "Data formats", "Schemas".
MAX_ID = 256  # characters
MAX_VALUE = 1_000  # characters, separators included: the import fails
MAX_TEXT = 20_000  # characters: the rest is cut
MAX_SCHEMA = 20_000  # characters of JSON (API model)
MAX_COLUMN_NAME = 150  # characters (API model)
MAX_TEXT_COLUMNS = 1  # of Items
EPOCH_SECONDS_DIGITS = 10  # a time of more digits is in milliseconds, or finer

# Ours.
FUTURE_HOURS = 24  # a client's clock may run ahead by this much
MAX_DUPLICATES = 0.01  # share of rows
MIN_ITEMS_KNOWN = 0.9  # share of interactions
MIN_USERS_KNOWN = 0.0  # visitors may be anonymous
MIN_VOLUME = 0.5  # of the last good publication's rows
MAX_PSI = 0.2  # population stability index; 0.1 is a small shift by custom, 0.25 a large one
TOP_ITEMS = 100  # whose popularity is compared
TOP_VALUES = 50  # of a categorical column that are compared
TELLING_ROWS = 50  # fewer rows say nothing about a column that never repeats
COUNTED_VALUES = 1_000_000  # distinct values of a categorical column that are kept apart
COUNTED_INTERACTIONS = 20_000_000  # whose keys are held to find repeats; beyond, a sample is
SAMPLE_ROWS = 1_000
