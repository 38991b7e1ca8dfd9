"""What a refusal or a failure of Personalize means for what is done next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Outcome(Enum):
    DONE = "done"  # also where it was there already: names say what was done
    LATER = "later"  # it waits for something that ends by itself
    REFUSED = "refused"  # asking again at once would be refused again


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    reason: str = ""


DONE: Final = Answer(Outcome.DONE)

_QUOTA_OF_PENDING: Final = re.compile(r"PENDING or IN_PROGRESS")
_UNSETTLED: Final = re.compile(r"status is (CREATE|DELETE|UPDATE) (PENDING|IN_PROGRESS)")
_ACCESS: Final = re.compile(r"insufficient privileges|invalid data location|access ?denied", re.IGNORECASE)


def answer_of(code: str, message: str) -> Answer | None:
    """What an error of the API means; None for an error that is not one of its own.

    Only a quota on what is pending frees itself; others say in their message that something must be deleted.
    """
    match code:
        case "ResourceAlreadyExistsException":
            return DONE
        case "ResourceInUseException":
            return Answer(Outcome.LATER, message)
        case "LimitExceededException" if _QUOTA_OF_PENDING.search(message):
            return Answer(Outcome.LATER, message)
        case "InvalidInputException" if _UNSETTLED.search(message):
            return Answer(Outcome.LATER, message)
        case "ResourceNotFoundException":  # what it builds on went away, or is not seen everywhere yet
            return Answer(Outcome.LATER, message)
        case "InvalidInputException" | "LimitExceededException" | "TooManyTagsException":
            return Answer(Outcome.REFUSED, message)
    return None


def is_about_access(failure: str) -> bool:
    """Whether an import failed for what a person mends outside the data, so that the same may succeed later."""
    return bool(_ACCESS.search(failure))
