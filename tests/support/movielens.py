"""MovieLens-100k, from where `make setup` puts it: GroupLens lets it be used, not passed on."""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from personalize_local.recipes.model import Interactions
from tests.support.sample_data import MOVIES

FILE = Path(sys.prefix) / "movielens/recbole/dataset_example/ml-100k/ml-100k.inter"


def movielens_100k() -> Interactions:
    """All 100,000 ratings as interactions. Raises FileNotFoundError where `make setup` has not run."""
    if not FILE.exists():
        raise FileNotFoundError(f"MovieLens-100k is not at {FILE}. Run `make setup`.")
    columns = np.loadtxt(FILE, skiprows=1, usecols=(0, 1, 3), dtype=np.float64).astype(np.int64).T
    return numbered(*columns)


def numbered(users: NDArray[np.int64], items: NDArray[np.int64], at: NDArray[np.int64]) -> Interactions:
    """Each pair of user and item once, at its first time; of one second in the order given. Numbers from 0."""
    in_time = np.lexsort((at, users))
    _, first = np.unique(np.stack((users[in_time], items[in_time])), axis=1, return_index=True)
    order = in_time[np.sort(first)]
    known_users, user = np.unique(users[order], return_inverse=True)
    known_items, item = np.unique(items[order], return_inverse=True)
    return Interactions(
        user_count=len(known_users),
        item_count=len(known_items),
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        at=at[order],
        weight=np.ones(len(order), np.float32),
    )


def sample_films() -> Interactions:
    """Distinct pairs of user and film of the sample data, where each watch has a click of the same second."""
    with gzip.open(MOVIES / "interactions.csv.gz", "rt", newline="") as file:
        rows = [(int(r["USER_ID"]), int(r["ITEM_ID"]), int(r["TIMESTAMP"])) for r in csv.DictReader(file)]
    return numbered(*np.array(rows).T)
