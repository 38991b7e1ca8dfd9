"""What a function logs, and from which level on."""

from __future__ import annotations

import pytest

from consumers.logs import configure_logs
from contract.errors import ConfigurationError

pytestmark = pytest.mark.unit


def test_a_level_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"LOG_LEVEL: there is no LOUD; there are .*INFO, DEBUG"):
        configure_logs({"LOG_LEVEL": "loud"})
