"""The gate's settings as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contract.errors import ConfigurationError
from glue_jobs.gate.model import Severity
from glue_jobs.gate.settings import Settings, parse_settings

pytestmark = pytest.mark.unit


def test_settings_are_read() -> None:
    text = "max_psi=0.3, earliest=2001-02-03,min_interactions=50,stop=drift_event_mix+duplicates,warn=volume"

    assert parse_settings(f"{text},solution.top=view+click") == Settings(
        max_psi=0.3,
        earliest=datetime(2001, 2, 3, tzinfo=UTC),
        min_interactions=50,
        severities={"drift_event_mix": Severity.STOP, "duplicates": Severity.STOP, "volume": Severity.WARN},
        solutions={"top": ("view", "click")},
    )


def test_nothing_is_the_defaults() -> None:
    assert parse_settings("") == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_pst=0.2", "no setting 'max_pst'. Known: min_interactions, "),
        ("stop=drifts", "no rule drifts. Known: active_users_minimum, "),
        ("max_psi", "'max_psi' is no setting; say NAME=VALUE"),
        ("max_psi=much", "max_psi=much is none; it is counted in population stability index"),
        ("max_psi=nan", "max_psi=nan is out of range"),
        ("min_interactions=-1", "min_interactions=-1 is out of range; it is counted in rows without repeats"),
        ("earliest=yesterday", "earliest=yesterday is none; it is counted in date"),
        ("solution.=view", "no setting 'solution.'"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_settings(text)

    assert said in str(raised.value)


def test_what_is_said_comes_over_what_it_is_said_over() -> None:
    base = Settings(earliest=datetime(2001, 1, 1, tzinfo=UTC), max_psi=0.1)

    assert parse_settings("max_psi=0.5", base) == replace(base, max_psi=0.5)
    assert parse_settings("earliest=1999-01-01", base).earliest == datetime(1999, 1, 1, tzinfo=UTC)
