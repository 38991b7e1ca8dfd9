"""botocore's errors as ours: busy, wrongly configured, or, untouched, a bug."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from contract.errors import ConfigurationError, TransientError

BUSY: Final = frozenset(
    {
        "InternalServerError",
        "InternalServerException",
        "InternalError",
        "InternalFailure",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
WRONG: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "NoSuchBucket",
        "UnrecognizedClientException",
    }
)
_SERVER_ERROR = 500


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Within it, a busy service raises `TransientError` and refused access `ConfigurationError`, both naming `action`.

    Every other error passes as it is: the caller knows what it means, or it is a bug.
    """
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        if code in WRONG:
            raise ConfigurationError(f"{action}: {error}") from error
        if code in BUSY or _status(error) >= _SERVER_ERROR:
            raise TransientError(f"{action}: {error}") from error
        raise
    except (HTTPClientError, BotoConnectionError) as error:
        raise TransientError(f"{action}: {error}") from error
    except BotoCoreError as error:
        raise ConfigurationError(f"{action}: {error}") from error


def error_code(error: ClientError) -> str:
    """The service's own name for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
