"""How Personalize reaches the files: the role it takes on, and what bucket and key say to it."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.capabilities.foundation import Foundation
from infra.capabilities.grants import PUT, service_role_principal, storage_grants
from infra.capabilities.job_spec import Location

DATASETS: Final = ("interactions/", "items/", "users/")
BATCH: Final = "batch/"
"""Where batch inference finds its users, and leaves its answers."""

_OWN_ACCOUNT: Final = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}


def personalize_role(scope: Construct, *, base: Foundation) -> iam.Role:
    """The role for imports and batch inference; whoever starts these passes it."""
    role = iam.Role(
        scope,
        "PersonalizeAccess",
        assumed_by=service_role_principal("personalize"),
        description="Personalize: reads the files of the datasets, writes the answers of batch inference",
    )
    reads = [Location(bucket="personalize", prefix=prefix) for prefix in (*DATASETS, BATCH)]
    writes = [Location(bucket="personalize", prefix=BATCH)]
    for statement in storage_grants(reads=reads, writes=writes, base=base, write_actions=PUT):
        role.add_to_policy(statement)
    return role


def let_personalize_in(bucket: s3.Bucket, key: kms.Key) -> None:
    """What bucket and key must say besides the role: Personalize looks with its own name, too."""
    personalize = iam.ServicePrincipal("personalize.amazonaws.com")
    for sid, actions, resources in (
        ("PersonalizeReads", ["s3:GetObject"], [bucket.arn_for_objects(f"{at}*") for at in (*DATASETS, BATCH)]),
        ("PersonalizeLists", ["s3:ListBucket"], [bucket.bucket_arn]),
        ("PersonalizeWritesAnswers", ["s3:PutObject"], [bucket.arn_for_objects(f"{BATCH}*")]),
    ):
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid, principals=[personalize], actions=actions, resources=resources, conditions=_OWN_ACCOUNT
            )
        )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="PersonalizeReadsAndWritesFiles",
            principals=[personalize],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions=_OWN_ACCOUNT,
        )
    )
