"""Runs cdk-nag's AwsSolutions pack over an app and says what it found."""

import json
import re
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.checks.acknowledgements import Finding


def nag(app: cdk.App) -> frozenset[Finding]:
    """Every finding of the AwsSolutions pack, nothing acknowledged; synthesizes `app`."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as exc:
        # Findings fail the synthesis, and are in the report; any other failure is one.
        if "ValidationFailed" not in str(exc):
            raise
    return findings_in(Path(app.outdir) / "validation-report.json")


def findings_in(report: Path) -> frozenset[Finding]:
    """The findings of a validation report, imported bucket ARNs written as `<BucketsRaw.Arn>`."""
    return frozenset(
        _finding(violation["ruleName"], construct["constructPath"])
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    )


def _finding(rule: str, construct: str) -> Finding:
    name, _, detail = rule.removesuffix("]").partition("[")
    readable = re.sub(r"[\w-]+:ExportsOutputFnGetAtt(\w+?)[0-9A-F]{8}Arn[0-9A-F]{8}(?=/)", r"<\1.Arn>", detail)
    return Finding(rule=name, detail=readable, construct=construct)
