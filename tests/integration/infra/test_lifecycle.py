"""What each bucket keeps, and for how long."""

from typing import Any

import pytest
import yaml

from infra.assembly import Assembly
from infra.assets import ROOT

pytestmark = pytest.mark.integration


def lifecycle_rules(assembly: Assembly) -> list[tuple[str, dict[str, Any]]]:
    """Every rule with the name of its bucket."""
    return [
        (bucket.address.name, rule)
        for bucket in assembly.of_type("AWS::S3::Bucket")
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]
    ]


def job_writes(bucket: str) -> list[dict[str, str]]:
    """Where jobs write in a bucket, as they declare it."""
    jobs = [yaml.safe_load(path.read_text()) for path in (ROOT / "glue_jobs").glob("*/job.yaml")]
    return [at for job in jobs for at in job["writes"] if at["bucket"] == bucket]


def test_raw_and_quarantined_events_are_gone_within_thirty_days(prod: Assembly) -> None:
    # Firehose writes under these two prefixes of raw and no other: its grants say so.
    expected = {("BucketsRaw", "events/"), ("BucketsRaw", "errors/"), ("BucketsQuarantine", None)}
    gone = set()
    for name, rule in lifecycle_rules(prod):
        if name in ("BucketsRaw", "BucketsQuarantine") and "ExpirationInDays" in rule:
            # S3 rounds both periods up to the next midnight UTC.
            days = rule["ExpirationInDays"] + 1 + rule["NoncurrentVersionExpiration"]["NoncurrentDays"] + 1
            assert (rule["Status"], days <= 30) == ("Enabled", True)
            gone.add((name, rule.get("Prefix")))
    assert gone == expected | {("BucketsQuarantine", "_staging/")}


def test_snapshots_of_the_catalog_stay_and_their_old_versions_go(prod: Assembly) -> None:
    [rule] = [r for name, r in lifecycle_rules(prod) if name == "BucketsRaw" and r["Id"] == "keep-latest"]

    assert rule == {
        "Id": "keep-latest",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
        "Status": "Enabled",
    }


def test_files_for_personalize_expire_and_what_tells_of_them_stays(prod: Assembly) -> None:
    days = {
        rule.get("Prefix"): rule["ExpirationInDays"]
        for name, rule in lifecycle_rules(prod)
        if name == "BucketsPersonalize" and "ExpirationInDays" in rule
    }
    written = {at["prefix"].partition("/")[0] + "/" for at in job_writes("personalize")}

    assert days == {
        **dict.fromkeys(("interactions/", "items/", "users/", "batch/", "data-docs/", "_refused/"), 30),
        "_staging/": 1,
    }
    assert written - set(days) == {"_ready/", "_announced/"}


def test_staged_objects_expire_after_a_day_and_unfinished_uploads_everywhere(prod: Assembly) -> None:
    rules = lifecycle_rules(prod)
    staged = {name: rule["ExpirationInDays"] for name, rule in rules if rule.get("Prefix") == "_staging/"}
    abandoning = {name for name, rule in rules if "AbortIncompleteMultipartUpload" in rule}
    assert staged == {"BucketsLake": 1, "BucketsPersonalize": 1, "BucketsQuarantine": 1}
    assert abandoning == {bucket.address.name for bucket in prod.of_type("AWS::S3::Bucket")}
