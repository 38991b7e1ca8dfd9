"""What the demo found, for people and as report.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from operations.athena import Answer
from operations.audit.report import Report
from operations.demo.live import percentiles
from operations.demo.loop import Loop
from operations.demo.show_live import show_latency, show_live, show_promotion
from operations.demo.stages import Stages
from operations.deployment import Deployment
from operations.publications import Publication
from operations.show import show_answer, show_files, show_report
from operations.show_files import show_docs, show_gate, show_publications


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    report: Report
    lake: Mapping[str, Mapping[str, Any]]
    publications: Sequence[Publication]
    answers: Sequence[Answer]
    docs: Sequence[Path]  # pages to start from
    loop: Loop

    @property
    def gate_passed(self) -> bool:
        return not any(found.refused for found in self.publications)


def write_report(path: Path, found: Found, deployment: Deployment, stages: Stages) -> None:
    places = _places(found, deployment)
    data = {
        "hops": [asdict(hop) for hop in found.report.hops],
        "lake": found.lake,
        "files": {
            p.dataset: {"uri": places[p.dataset], "rows": p.manifest.rows} if p.manifest else None
            for p in found.publications
        },
        "gate": {
            "passed": found.gate_passed,
            "rules": [
                {"dataset": p.dataset} | {name: rule[name] for name in _SHOWN}
                for p in found.publications
                for rule in p.gate
            ],
        },
        "promotion": _promotion(found.loop),
        "recommendations": _recommendations(found.loop),
        "item_names": _names(found.loop),
        "latency_ms": _latency(found.loop),
        "athena": {answer.name: len(answer.rows) for answer in found.answers},
        "seconds": stages.seconds | {"total": stages.total},
        "balanced": found.report.balanced,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n")


def _promotion(loop: Loop) -> dict[str, Any]:
    known = loop.promotion
    return {"decision": known["decision"], "why": known["why"], "metrics": known["numbers"]}


def _recommendations(loop: Loop) -> dict[str, dict[str, list[str]]]:
    shoppers = loop.live.shoppers if loop.live else {}
    return {user: {"before": list(seen.before), "after": list(seen.after)} for user, seen in shoppers.items()}


def _names(loop: Loop) -> dict[str, str]:
    shown = {item for seen in _recommendations(loop).values() for items in seen.values() for item in items}
    return {item: loop.shelf.name(item) for item in sorted(shown)}


def _latency(loop: Loop) -> dict[str, dict[str, float] | None]:
    changed = [click.changed_ms for click in loop.live.clicks] if loop.live else []
    return {
        "event_to_put_events": percentiles(loop.put_events_ms),
        "event_to_changed_recommendation": percentiles(changed),
    }


_SHOWN = ("rule", "passed", "severity", "measured", "minimum", "maximum")


def _places(found: Found, deployment: Deployment) -> dict[str, str]:
    store = deployment.personalize()
    return {p.dataset: store.uri(p.manifest.prefix) for p in found.publications if p.manifest}


def show_found(console: Console, found: Found, deployment: Deployment, path: Path) -> None:
    console.print()
    show_report(console, found.report)
    show_files(console, found.lake)
    for answer in found.answers:
        show_answer(console, answer)
    show_publications(console, found.publications, _places(found, deployment))
    show_gate(console, found.publications)
    show_docs(console, found.docs)
    show_promotion(console, found.loop.promotion)
    if found.loop.live:
        show_live(console, found.loop.live, found.loop.shelf)
        show_latency(console, _latency(found.loop))
    console.print(f"report: {path}")
    console.print("explore: [bold]clickstream quarantine list[/], [bold]clickstream audit[/], [bold]make up[/]")
