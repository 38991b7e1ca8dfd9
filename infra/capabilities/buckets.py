"""The buckets events rest in, and how long each keeps what."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import Config

BucketName = Literal["raw", "lake", "personalize", "quarantine", "athena-results"]
BUCKET_NAMES: Final[tuple[BucketName, ...]] = get_args(BucketName)

ACCESS_LOG_DAYS = 90
UNFINISHED_UPLOAD_DAYS = 2
PERSONALIZE_DATA: Final = ("interactions/", "items/", "users/", "batch/", "data-docs/", "_refused/")


class DataBuckets(Construct):
    """Five encrypted, versioned, private buckets and one for their access logs."""

    def __init__(self, scope: Construct, id_: str, *, config: Config, key: kms.IKey) -> None:
        super().__init__(scope, id_)
        removal = cdk.RemovalPolicy.RETAIN if config.keep_data else cdk.RemovalPolicy.DESTROY
        logs = self._access_logs(removal)
        self.buckets: Mapping[BucketName, s3.Bucket] = {
            name: self._bucket(name, config=config, key=key, logs=logs, removal=removal) for name in BUCKET_NAMES
        }
        _announce_objects(self.buckets["raw"])

    def _bucket(
        self, name: BucketName, *, config: Config, key: kms.IKey, logs: s3.Bucket, removal: cdk.RemovalPolicy
    ) -> s3.Bucket:
        return s3.Bucket(
            self,
            name.title().replace("-", ""),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            versioned=True,
            lifecycle_rules=lifecycle(name, config),
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"{name}/",
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=removal,
        )

    def _access_logs(self, removal: cdk.RemovalPolicy) -> s3.Bucket:
        return s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 delivers its logs to no bucket with a KMS default
            lifecycle_rules=[
                s3.LifecycleRule(id="expire", expiration=cdk.Duration.days(ACCESS_LOG_DAYS)),
                _abandon_unfinished_uploads(),
            ],
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=removal,
        )


def output_name(bucket: BucketName) -> str:
    """The stack output that tells a bucket's physical name."""
    return f"{bucket.title().replace('-', '')}Bucket"


def lifecycle(name: BucketName, config: Config) -> Sequence[s3.LifecycleRule]:
    """How long a bucket keeps what, unfinished uploads and old versions included."""

    def expire_events(under: str | None = None) -> s3.LifecycleRule:
        return _expire(under, days=config.raw_days, noncurrent_days=config.noncurrent_days)

    rules: Mapping[BucketName, Sequence[s3.LifecycleRule]] = {
        # The catalog's snapshots are the truth about items and users, however old the newest is.
        "raw": [expire_events("events/"), expire_events("errors/"), _keep_latest(noncurrent_days=7)],
        "quarantine": [expire_events(), _staging()],
        "lake": [_keep_latest(noncurrent_days=7), _staging()],
        # Manifests and announcements hold no personal data, and say what was imported when.
        "personalize": [
            *(_expire(under, days=30, noncurrent_days=7) for under in PERSONALIZE_DATA),
            _staging(),
            _keep_latest(noncurrent_days=7),
        ],
        "athena-results": [_expire(days=14, noncurrent_days=1)],
    }
    return [*rules[name], _abandon_unfinished_uploads(), _sweep_delete_markers()]


def _expire(prefix: str | None = None, *, days: int, noncurrent_days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id=f"expire-{prefix.strip('_/')}" if prefix else "expire",
        prefix=prefix,
        expiration=cdk.Duration.days(days),
        noncurrent_version_expiration=cdk.Duration.days(noncurrent_days),
    )


def _staging() -> s3.LifecycleRule:
    return _expire("_staging/", days=1, noncurrent_days=1)


def _keep_latest(*, noncurrent_days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(id="keep-latest", noncurrent_version_expiration=cdk.Duration.days(noncurrent_days))


def _abandon_unfinished_uploads() -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="abandon-unfinished-uploads",
        abort_incomplete_multipart_upload_after=cdk.Duration.days(UNFINISHED_UPLOAD_DAYS),
    )


def _sweep_delete_markers() -> s3.LifecycleRule:
    return s3.LifecycleRule(id="sweep-delete-markers", expired_object_delete_marker=True)


def _announce_objects(bucket: s3.Bucket) -> None:
    # The L2 switch would add a custom resource with a Lambda; the property itself needs none.
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows the type of a construct's child
    resource.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", value=True)
