"""Athena: a workgroup that encrypts results and stops runaway scans, and its saved queries."""

from aws_cdk import aws_athena as athena
from constructs import Construct

from infra.capabilities.foundation import Foundation
from infra.config import Config
from infra.named_queries import NamedQuery, read_queries

_WorkGroup = athena.CfnWorkGroup


class Queries(Construct):
    """The workgroup and, where the endpoint knows saved queries, one for each file."""

    def __init__(self, scope: Construct, id_: str, *, base: Foundation) -> None:
        super().__init__(scope, id_)
        config = base.config
        self.work_group = _WorkGroup(
            self,
            "WorkGroup",
            name=config.deployment,
            description="Queries over the lake",
            recursive_delete_option=not config.keep_data,
            work_group_configuration=_WorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=config.query_scan_limit_bytes,
                engine_version=_WorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
                result_configuration=_results(base),
            ),
        )
        if athena.CfnNamedQuery.CFN_RESOURCE_TYPE_NAME in config.left_out:
            return
        for query in read_queries():
            self._named_query(query, config)

    def _named_query(self, query: NamedQuery, config: Config) -> None:
        named = athena.CfnNamedQuery(
            self,
            query.name.title().replace("_", ""),
            name=query.name,
            description=query.description,
            database=config.database,
            query_string=query.sql,
            work_group=config.deployment,
        )
        named.add_resource_dependency(self.work_group)


def _results(base: Foundation) -> athena.CfnWorkGroup.ResultConfigurationProperty:
    return _WorkGroup.ResultConfigurationProperty(
        output_location=f"s3://{base.buckets['athena-results'].bucket_name}/results/",
        encryption_configuration=_WorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS", kms_key=base.key.key_arn
        ),
    )
