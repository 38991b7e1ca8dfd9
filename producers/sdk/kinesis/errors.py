"""What the answers of Kinesis mean to a producer, the same for both transports."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    MetadataRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from contract.errors import ClickstreamError, ConfigurationError, TransientError
from producers.sdk.stream import Outcome, Refused

# RuntimeError: botocore's, where credentials that it renewed have expired too.
BOTOCORE_ERRORS: Final = (ClientError, BotoCoreError, ResponseParserError, RuntimeError)
_THROTTLED: Final = frozenset(
    {
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_ABOUT_THE_CALL: Final = frozenset(
    {
        "InvalidArgumentException",
        "MalformedHttpRequestException",
        "RequestEntityTooLargeException",
        "SerializationException",
        "UnknownOperationException",
        "ValidationError",
        "ValidationException",
    }
)
_PERMANENT: Final = _ABOUT_THE_CALL | {
    "AccessDenied",
    "AccessDeniedException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "KMSOptInRequired",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "ResourceNotFoundException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_OF_ANOTHER_TIME: Final = ("signature expired", "signature not yet current")
_FOR_NOW: Final = (HTTPClientError, BotoConnectionError)
_NO_CREDENTIALS_FOR_NOW: Final = (CredentialRetrievalError, MetadataRetrievalError, RuntimeError)
_SERVER_ERROR: Final = 500


@lru_cache(maxsize=4_096)  # as good as one for each shard
def outcome(shard_id: str | None, code: str | None) -> Outcome:
    """What became of a record, by what was said of it. Raises ValueError where nothing was."""
    if code:
        return Outcome(refused=Refused.THROTTLED if code in _THROTTLED else Refused.FAILED)
    if not shard_id:
        raise ValueError("neither a shard nor an error")
    return Outcome(shard_id)


def refusal(stream: str, code: str, message: str, status: int) -> ClickstreamError:
    """Why a whole call was refused. A code that nobody knows is worth another attempt."""
    # What it says of a call may quote a partition key, which is a user's id.
    said = f"{code or 'no reason'} ({status})" + (f": {message}" if message and code not in _ABOUT_THE_CALL else "")
    if code not in _PERMANENT or status >= _SERVER_ERROR or is_of_another_time(code, message):
        return TransientError(f"stream {stream} takes nothing for now: {said}")
    return ConfigurationError(
        f"stream {stream} refuses: {said}; check its name, the region, the credentials and their grants"
    )


def is_of_another_time(code: str, message: str) -> bool:
    """Whether the call was refused for the time that it was signed at."""
    if code in {"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"}:
        return True
    return "Signature" in code and message.lower().startswith(_OF_ANOTHER_TIME)


def garbled(stream: str) -> TransientError:
    """The answer is not one to what was asked."""
    return TransientError(f"stream {stream} answered in a way that does not tell what was written")


def translated(stream: str, error: Exception) -> ClickstreamError:
    """What one of `BOTOCORE_ERRORS` means."""
    match error:
        case ClientError():
            said = error.response.get("Error", {})
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            return refusal(stream, str(said.get("Code", "")), str(said.get("Message", "")), status)
        case ResponseParserError():
            return garbled(stream)
        case _ if isinstance(error, _FOR_NOW):  # refused, closed, timed out, no such host
            return TransientError(f"stream {stream} cannot be reached: {error}")
        case _ if isinstance(error, _NO_CREDENTIALS_FOR_NOW):
            return TransientError(f"stream {stream}: no credentials for now: {error}")
    return ConfigurationError(
        f"stream {stream} refuses: {error}; check its name, the region, the credentials and their grants"
    )
