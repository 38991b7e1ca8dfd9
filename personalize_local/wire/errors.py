"""The refusals that Personalize models, and those that every AWS service has."""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """A refusal that the caller sees: the class's name is its code."""

    status: ClassVar[int] = 400

    @property
    def code(self) -> str:
        return type(self).__name__


class InvalidInputException(ServiceError):
    """The request is wrong: correct it, do not repeat it."""


class InvalidNextTokenException(ServiceError):
    """The token is not one that a list operation gave out."""


class ResourceAlreadyExistsException(ServiceError):
    """The name is taken: adopt the resource or take another name."""


class ResourceNotFoundException(ServiceError):
    """No such resource."""


class ResourceInUseException(ServiceError):
    """Something else holds the resource: wait, or delete that first."""


class LimitExceededException(ServiceError):
    """A quota: wait until jobs have ended, or delete something."""


class TooManyTagsException(ServiceError):
    """More tags than one resource may have."""


class TooManyTagKeysException(ServiceError):
    """More tag keys than one request may name."""


class UnknownOperationException(ServiceError):
    """The request names no operation of the three services."""


class NotSupportedException(ServiceError):
    """An operation or a parameter that Personalize has and this emulator has not."""

    status = 501


class ThrottlingException(ServiceError):
    """Too many calls; only ordered by the admin path."""


class InternalServerError(ServiceError):
    """A bug of the emulator, or one ordered by the admin path."""

    status = 500


class ServiceUnavailable(ServiceError):
    """Only ordered by the admin path."""

    status = 503


# rest-json gives these codes; the control plane answers 400 to all.
REST_STATUS = {"ResourceNotFoundException": 404, "ResourceInUseException": 409}
