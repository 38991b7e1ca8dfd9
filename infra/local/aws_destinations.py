"""Where failed events and batches are told of, through the endpoint's own API."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import TransientError


class AwsDestinations:
    """Queues, topics and buckets; the clients are made when they are first needed, as the endpoint answers by then."""

    def __init__(self, make_client: Callable[[str], Any]) -> None:
        self._make_client = make_client
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def send_message(self, queue_arn: str, body: str, attributes: dict[str, str]) -> None:
        """A message to a queue or a topic; raises `TransientError` when it could not be sent."""
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value}
        _, _, service, _, account, name = queue_arn.split(":", 5)
        try:
            if service == "sns":
                self._client("sns").publish(TopicArn=queue_arn, Message=body, MessageAttributes=typed)
                return
            sqs = self._client("sqs")
            url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=typed)
        except (ClientError, BotoCoreError) as error:
            raise TransientError(f"{queue_arn}: {error}") from error

    def put_object(self, bucket_arn: str, key: str, body: bytes) -> None:
        """An object into a bucket; raises `TransientError` when it could not be written."""
        bucket = bucket_arn.rpartition(":::")[2]
        try:
            self._client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
        except (ClientError, BotoCoreError) as error:
            raise TransientError(f"{bucket_arn}/{key}: {error}") from error

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]
