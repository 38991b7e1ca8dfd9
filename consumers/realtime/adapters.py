"""PutEvents in AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated
from consumers.realtime.calls import Call
from consumers.realtime.sending import Refused
from contract.errors import TransientError


class Client(Protocol):
    """`SignedPersonalizeEvents`, or boto3's client of personalize-events without retries of its own."""

    def put_events(self, **arguments: Any) -> Any:
        """Raises botocore's errors."""
        ...


@dataclass(frozen=True, slots=True)
class PersonalizeEvents:
    client: Client

    def put(self, tracking_id: str, call: Call) -> None:
        user = {"userId": call.user_id} if call.user_id else {}
        try:
            with translated("put events"):
                self.client.put_events(
                    trackingId=tracking_id, sessionId=call.session_id, eventList=list(call.entries), **user
                )
        except ClientError as error:
            if error_code(error) == "InvalidInputException":
                raise Refused(error.response["Error"].get("Message", "")) from error
            # PutEvents knows no other fault of the caller: a status of its own, or of something between.
            raise TransientError(f"put events: {error}") from error
