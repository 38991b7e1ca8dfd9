"""Counts by value over all files, and the share of rows that repeat."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.gate import limits

Codes = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

_TYPES = np.uint64(256)  # event types that a key tells apart


class Counts:
    """How often each value came. Beyond `limit` distinct values, new ones are counted together."""

    def __init__(self, limit: int | None = None) -> None:
        self.values = pa.array([], pa.large_string())
        self.counts: Codes = np.empty(0, np.int64)
        self.others = 0
        self._limit = limit

    def add(self, encoded: pa.DictionaryArray) -> Codes:
        """Counts the values of a column and returns their numbers, the same in every file; -1 for an empty cell."""
        local = encoded.dictionary.cast(pa.large_string())
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        numbers = np.append(self._numbers(local), -1)  # the last is what -1 finds
        times = np.bincount(codes[codes >= 0], minlength=len(local))
        kept = numbers[:-1] >= 0
        self.others += int(times[~kept].sum())
        np.add.at(self.counts, numbers[:-1][kept], times[kept])
        found: Codes = numbers[codes]
        return found

    def _numbers(self, local: pa.Array) -> Codes:
        """Numbers of distinct values, the new ones among them taken in; -1 for what is beyond the limit."""
        at = pc.index_in(local, value_set=self.values).fill_null(-1)
        found: Codes = at.to_numpy(zero_copy_only=False).astype(np.int64)
        places = np.flatnonzero(found < 0)
        if self._limit is not None:
            places = places[: max(0, self._limit - len(self.values))]
        found[places] = len(self.values) + np.arange(len(places))
        self.values = pa.concat_arrays([self.values, local.take(pa.array(places))])
        self.counts = np.append(self.counts, np.zeros(len(places), np.int64))
        return found

    def __len__(self) -> int:
        return len(self.values)

    @property
    def total(self) -> int:
        return int(self.counts.sum()) + self.others

    def most_frequent(self, most: int) -> dict[str, int]:
        """Of equals, those that came first."""
        places = np.argsort(-self.counts, kind="stable")[:most]
        return {str(self.values[int(at)]): int(self.counts[at]) for at in places}

    def of(self, values: Mapping[str, object]) -> dict[str, int]:
        """Counts of these values; 0 for what never came."""
        at = pc.index_in(pa.array(list(values), pa.large_string()), value_set=self.values).to_pylist()
        return {value: 0 if place is None else int(self.counts[place]) for value, place in zip(values, at, strict=True)}

    def among(self, known: pa.Array) -> int:
        """How many rows hold one of the known values."""
        mask = pc.is_in(self.values, value_set=known.cast(pa.large_string())).to_numpy(zero_copy_only=False)
        return int(self.counts[mask].sum())


class Repeats:
    """Rows that repeat user, item, event type and time.

    Each row is a number of 64 bits. Where there are too many to hold, a sample is: all rows whose number has leading
    zeros, so that repeats of a row are in it together.
    """

    def __init__(self, most: int = limits.COUNTED_INTERACTIONS) -> None:
        self._keys: Keys = np.empty(0, np.uint64)
        self._most = most
        self._zeros = 0

    def add(self, users: Codes, items: Codes, types: Codes, times: Codes) -> None:
        of_type = np.minimum(types + 1, int(_TYPES) - 1).astype(np.uint64)
        keys = _mixed(users, items, times) * _TYPES + of_type
        self._keys = np.concatenate([self._keys, self._sampled(keys)])
        while len(self._keys) > self._most:
            self._zeros += 1
            self._keys = self._sampled(self._keys)

    def _sampled(self, keys: Keys) -> Keys:
        return keys[keys >> np.uint64(64 - self._zeros) == 0] if self._zeros else keys

    def share(self) -> float:
        """Of rows that another row holds already."""
        return 1 - len(np.unique(self._keys)) / len(self._keys) if len(self._keys) else 0.0

    def distinct_by_type(self) -> Codes:
        """Rows without repeats by event type: its number plus 1 is the place. An estimate where it is a sample."""
        types = (np.unique(self._keys) % _TYPES).astype(np.int64)
        counted: Codes = np.bincount(types, minlength=int(_TYPES)) << self._zeros
        return counted


def _mixed(users: Codes, items: Codes, times: Codes) -> Keys:
    """Well spread numbers of 56 bits (the finalizer of SplitMix64)."""
    mixed = users.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for more in (items, times):
        mixed ^= more.astype(np.uint64)
        mixed ^= mixed >> np.uint64(30)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(27)
        mixed *= np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed
