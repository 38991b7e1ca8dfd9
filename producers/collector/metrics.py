"""What the collector counts, in Prometheus' text format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

_PREFIX = "clickstream_collector"
CONTENT_TYPE = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")


class Metrics:
    """Counters since the process began; labels are names from the configuration and the contract, never a client's."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.accepted: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.body_bytes = 0

    def text(self) -> str:
        """A line of text for each."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _head("answers_total", "Requests answered, by route and status.")
        for (route, status), count in sorted(self.answers.items()):
            yield f'{_PREFIX}_answers_total{{route="{route}",status="{status}"}} {count}'
        yield from _head("events_accepted_total", "Events acknowledged, by the name of their write key.")
        for name, count in sorted(self.accepted.items()):
            yield f'{_PREFIX}_events_accepted_total{{key="{name}"}} {count}'
        yield from _head("events_rejected_total", "Events that are none, by reason.")
        for reason, count in sorted(self.rejected.items()):
            yield f'{_PREFIX}_events_rejected_total{{reason="{reason}"}} {count}'
        yield from _head("body_bytes_total", "Bytes of bodies, as they came.")
        yield f"{_PREFIX}_body_bytes_total {self.body_bytes}"


def _head(name: str, about: str) -> tuple[str, str]:
    return f"# HELP {_PREFIX}_{name} {about}", f"# TYPE {_PREFIX}_{name} counter"
