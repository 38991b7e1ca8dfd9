"""cfn-lint finds no error, and what cdk-nag finds is acknowledged with a reason."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from cfnlint.api import lint_file

from infra.app import Wheels, build
from infra.checks.acknowledgements import ACKNOWLEDGED, Acknowledgement, Finding
from infra.checks.nag import nag
from infra.config import STAGES
from tests.support.collector_stack import collector_app, in_containers

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory, wheels: Wheels) -> frozenset[Finding]:
    whole = build(STAGES["prod"], tmp_path_factory.mktemp("nag"), wheels=wheels)
    return nag(whole) | nag(collector_app(tmp_path_factory.mktemp("nag-containers"), in_containers()))


@pytest.mark.parametrize("stage", ["dev", "prod"])
@pytest.mark.parametrize("stack", ["Data", "Processing"])
def test_cfn_lint_finds_no_error(folders: Mapping[str, Path], stage: str, stack: str) -> None:
    problems = lint_file(folders[stage] / f"{stack}.template.json")

    assert [str(problem) for problem in problems if problem.rule.id.startswith("E")] == []


def test_every_nag_finding_is_acknowledged(findings: frozenset[Finding]) -> None:
    assert findings  # nag did run
    assert [f for f in findings if not any(known.covers(f) for known in ACKNOWLEDGED)] == []


@pytest.mark.parametrize("known", ACKNOWLEDGED, ids=lambda known: f"{known.rule} {known.construct}")
def test_every_acknowledgement_is_needed_and_says_why(findings: frozenset[Finding], known: Acknowledgement) -> None:
    assert [finding for finding in findings if known.covers(finding)]
    assert len(known.reason) > 30
