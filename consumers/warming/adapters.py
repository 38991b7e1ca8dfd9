"""Effects in AWS: GetRecommendations and the features table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated
from consumers.warming.active_users import Seen
from consumers.warming.ports import Recommended, Refused

_USER, _RECOMMENDATIONS = "user#", "recommendations#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    client: Any  # of personalize-runtime, without retries of its own
    results: int

    def recommended(self, campaign: str, user_id: str, *, filter_arn: str | None) -> Recommended:
        filtered = {"filterArn": filter_arn} if filter_arn else {}
        try:
            with translated("get recommendations"):
                answer = self.client.get_recommendations(
                    campaignArn=campaign, userId=user_id, numResults=self.results, **filtered
                )
        except ClientError as error:
            if error_code(error) == "InvalidInputException":
                raise Refused(error.response["Error"].get("Message", "")) from error
            raise
        items = tuple(found["itemId"] for found in answer["itemList"])
        return Recommended(items=items, recommendation_id=answer["recommendationId"])


@dataclass(frozen=True, slots=True)
class DynamoDBFeatures:
    table: Any  # boto3's Table

    def users(self) -> Iterator[Sequence[Seen]]:
        # Read as it was a moment ago, at half the price.
        asked: dict[str, Any] = {
            "ProjectionExpression": "id, last_event_at",
            "FilterExpression": "begins_with(id, :user) AND attribute_exists(last_event_at)",
            "ExpressionAttributeValues": {":user": _USER},
        }
        while True:
            with translated("scan the users"):
                page = self.table.scan(**asked)
            yield [Seen(item["last_event_at"], item["id"].removeprefix(_USER)) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def keep(self, user_id: str, item: Mapping[str, Any]) -> None:
        with translated("keep recommendations"):
            self.table.put_item(Item={**item, "id": _RECOMMENDATIONS + user_id})
