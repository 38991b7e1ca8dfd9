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
        "athena": {answer.name: len(answer.rows) for answer in found.answers},
        "seconds": stages.seconds | {"total": stages.total},
        "balanced": found.report.balanced,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n")


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
    console.print(f"report: {path}")
    console.print("explore: [bold]clickstream quarantine list[/], [bold]clickstream audit[/], [bold]make up[/]")
