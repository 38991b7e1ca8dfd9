"""What the audit says: hops that add up or do not, and findings that name what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from contract.ranges import Ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """accepted = delivered + deduplicated + quarantined + excluded + pending, or something is lost."""

    hop: str
    accepted: int
    delivered: int
    deduplicated: int = 0
    quarantined: int = 0
    excluded: int = 0
    pending: int = 0

    @property
    def missing(self) -> int:
        fates = self.delivered + self.deduplicated + self.quarantined + self.excluded + self.pending
        return self.accepted - fates


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it must be. `seqs`: the producer's numbers that it concerns."""

    hop: str
    what: str
    producer_id: str = ""
    seqs: Ranges = field(default_factory=Ranges)
    where: str = ""  # object, and line where it is known

    def __str__(self) -> str:
        who = f" producer {self.producer_id}" if self.producer_id else ""
        numbers = f" sequence {self.seqs}" if self.seqs else ""
        where = f" ({self.where})" if self.where else ""
        return f"{self.hop}:{who}{numbers} {self.what}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    hops: Sequence[Hop]
    findings: Sequence[Finding]  # losses and doubts: any of them fails the audit
    pending: Sequence[Finding] = ()  # on their way, within the time that they have

    @property
    def imbalance(self) -> int:
        """What is missing, and what else is not as it must be; 0 where it balances."""
        return sum(abs(hop.missing) for hop in self.hops) + len(self.findings)

    @property
    def balanced(self) -> bool:
        return not self.findings and not any(hop.missing for hop in self.hops)


def joined(reports: Iterable[Report]) -> Report:
    """One report of all their hops, in order."""
    parts = list(reports)
    return Report(
        hops=[hop for part in parts for hop in part.hops],
        findings=[finding for part in parts for finding in part.findings],
        pending=[finding for part in parts for finding in part.pending],
    )
