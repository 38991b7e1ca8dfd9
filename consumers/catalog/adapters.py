"""Effects in AWS: PutItems and PutUsers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated
from consumers.catalog.putting import Refused
from consumers.catalog.records import Record
from contract.errors import TransientError

_LATER = frozenset({"ResourceInUseException", "ResourceNotFoundException"})  # the reconciler makes or changes it


@dataclass(frozen=True, slots=True)
class PersonalizeDatasets:
    client: Any  # of personalize-events; without retries and validation of its own

    def put(self, dataset: str, arn: str, records: Sequence[Record]) -> None:
        try:
            with translated(f"put {dataset}"):
                self._put(dataset, arn, records)
        except ClientError as error:
            if error_code(error) == "InvalidInputException":
                raise Refused(error.response["Error"].get("Message", "")) from error
            if error_code(error) in _LATER:
                raise TransientError(f"put {dataset}: {error}") from error
            raise

    def _put(self, dataset: str, arn: str, records: Sequence[Record]) -> None:
        if dataset == "items":
            self.client.put_items(datasetArn=arn, items=[_entry("itemId", record) for record in records])
        else:
            self.client.put_users(datasetArn=arn, users=[_entry("userId", record) for record in records])


def _entry(name: str, record: Record) -> dict[str, str]:
    return {name: record.id} | ({"properties": record.properties} if record.properties else {})
