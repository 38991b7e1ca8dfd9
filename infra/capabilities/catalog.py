"""The Glue database and its tables, as the contract generated them."""

from pathlib import Path
from typing import Literal

import aws_cdk as cdk
import msgspec
from aws_cdk import aws_glue as glue
from constructs import Construct

from infra.capabilities.buckets import BucketName
from infra.capabilities.foundation import Foundation
from infra.config import Config

_Table = glue.CfnTable


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    type: str
    comment: str = ""


class Partition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Literal["dt"]
    type: Literal["string"]


class TableSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of `contract/generated/tables.json`."""

    bucket: BucketName
    prefix: str
    format: Literal["parquet"]
    columns: tuple[Column, ...]
    partition: Partition


class Catalog(Construct):
    """One database; its partitions are computed from their days, so no crawler runs."""

    def __init__(self, scope: Construct, id_: str, *, base: Foundation, tables: Path) -> None:
        super().__init__(scope, id_)
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=base.config.database, description="Events that passed validation, and those that did not"
            ),
        )
        for name, spec in read_tables(tables).items():
            table = _Table(
                self,
                name.title(),
                catalog_id=cdk.Aws.ACCOUNT_ID,
                database_name=base.config.database,
                table_input=_table_input(name, spec, base.buckets[spec.bucket].bucket_name, _unit(name, base.config)),
            )
            table.add_resource_dependency(database)


def read_tables(path: Path) -> dict[str, TableSpec]:
    """The tables declared in `path`, by name; raises `ValueError` naming the file and the key."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, TableSpec])
    except FileNotFoundError as exc:
        raise ValueError(f"{path} is missing: generate the contract's files first") from exc
    except msgspec.ValidationError as exc:
        raise ValueError(f"{path}: {exc}") from exc


def _unit(table: str, config: Config) -> str:
    """The quarantine is always by day: its days are those of arrival."""
    return "MONTHS" if table == "events" and config.lake_partition == "month" else "DAYS"


def _table_input(name: str, spec: TableSpec, bucket: str, unit: str) -> glue.CfnTable.TableInputProperty:
    location = f"s3://{bucket}/{spec.prefix}"
    return _Table.TableInputProperty(
        name=name,
        table_type="EXTERNAL_TABLE",
        parameters={"classification": spec.format, **_projection(spec.partition.name, location, unit)},
        partition_keys=[_Table.ColumnProperty(name=spec.partition.name, type=spec.partition.type)],
        storage_descriptor=_Table.StorageDescriptorProperty(
            columns=[_Table.ColumnProperty(name=c.name, type=c.type, comment=c.comment or None) for c in spec.columns],
            location=location,
            input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            serde_info=_Table.SerdeInfoProperty(
                serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
            ),
        ),
    )


def _projection(partition: str, location: str, unit: str) -> dict[str, str]:
    """Athena computes the days (or first days of months) itself; one day ahead, as clients' clocks may run ahead."""
    return {
        "projection.enabled": "true",
        f"projection.{partition}.type": "date",
        f"projection.{partition}.format": "yyyy-MM-dd",
        f"projection.{partition}.range": "1990-01-01,NOW+1DAYS",
        f"projection.{partition}.interval": "1",
        f"projection.{partition}.interval.unit": unit,
        "storage.location.template": f"{location}{partition}=${{{partition}}}/",
    }
