"""How much one shard is given, as it taught us: no limit until it refuses, from then on a shard's own. Pure."""

from __future__ import annotations

BYTES_A_SECOND = 1_000_000  # what Kinesis promises of a shard
RECORDS_A_SECOND = 1_000

_AHEAD = 0.2  # seconds that may be spent at once
_LEAST = 1 / 64
_CUT = 0.8
_PAUSE = 0.2  # seconds
_BACK_A_SECOND = 1.05  # times: other producers may use the shard too, and may be gone
_ONE_REFUSAL = 0.1  # seconds: refusals within are one and the same


class Rate:
    """Cut by a refusal, back by and by. Times are in seconds of one clock."""

    def __init__(self) -> None:
        self._share: float | None = None  # of what a shard takes; None: nothing is known
        self._free_at = 0.0  # when all that was spent is paid for
        self._recovered_at = 0.0
        self._refused_at = -_ONE_REFUSAL

    @property
    def is_known(self) -> bool:
        """Whether the shard has refused something."""
        return self._share is not None

    def ready_at(self, now: float) -> float:
        """When the next record may go."""
        return now if self._share is None else max(now, self._free_at - _AHEAD)

    def spend(self, size: int, now: float) -> None:
        """A record of `size` bytes goes."""
        if self._share is None:
            return
        self._recover(now)
        cost = max(size / BYTES_A_SECOND, 1 / RECORDS_A_SECOND) / self._share
        self._free_at = max(self._free_at, now) + cost

    def refused(self, now: float) -> None:
        """The shard was given too much."""
        if now - self._refused_at < _ONE_REFUSAL:
            return
        self._recover(now)
        self._share = max(_LEAST, (self._share or 1.0) * _CUT)
        self._refused_at = self._recovered_at = now
        self._free_at = max(self._free_at, now + _PAUSE + _AHEAD)

    def _recover(self, now: float) -> None:
        if self._share is not None:
            self._share = min(1.0, self._share * _BACK_A_SECOND ** (now - self._recovered_at))
            self._recovered_at = now
