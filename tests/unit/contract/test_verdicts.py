"""The codec and the judge give one verdict on every line, and the generated lines reach every rule."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import text
from contract.codec import Event, check, decode, encode
from contract.errors import InvalidEvent
from contract.events import MAX_LINE_BYTES
from contract.judge import Refused, judge
from contract.rules import EVENT_RULES, RULES, Check, Rule
from tests.good_lines import good_line
from tests.strategies import PLAUSIBLE, broken_lines, events, generated_lines, good_lines

pytestmark = pytest.mark.unit

slow_to_draw = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example], deadline=None)
is_canonical = re.compile(text.CANONICAL).match


@cache
def lines() -> list[bytes]:
    return generated_lines(seed=1, n=6_000)


@cache
def verdicts() -> list[str | Event]:
    return [by_judge(line) for line in lines()]


def by_judge(line: bytes) -> str | Event:
    """The id of the rule that the line breaks, or the event."""
    verdict = judge(line, PLAUSIBLE)
    return verdict.rule.id if isinstance(verdict, Refused) else msgspec.convert(verdict, Event)


def by_codec(line: bytes) -> str | Event:
    try:
        return decode(line, PLAUSIBLE)
    except InvalidEvent as error:
        return error.rule


def test_codec_and_judge_agree_on_thousands_of_lines() -> None:
    different = [line for line, verdict in zip(lines(), verdicts(), strict=True) if by_codec(line) != verdict]

    assert different == []


@slow_to_draw
@given(line=st.one_of(good_lines(), broken_lines(), st.binary(max_size=60)))
def test_codec_and_judge_agree_on_any_line(line: bytes) -> None:
    assert by_codec(line) == by_judge(line)


def test_every_rule_is_broken_by_generated_lines() -> None:
    broken = Counter(verdict for verdict in verdicts() if isinstance(verdict, str))

    assert {rule.id for rule in RULES} - broken.keys() == set()
    assert broken.total() >= 0.4 * len(lines())
    assert len(lines()) - broken.total() >= 0.2 * len(lines())


def test_generated_lines_are_the_same_for_a_seed_and_fit_on_a_line() -> None:
    assert generated_lines(seed=1, n=6_000) == lines()
    assert generated_lines(seed=2, n=1_000) != lines()[:1_000]
    assert not any(b"\n" in line or not line.strip() for line in lines())


def test_good_lines_are_good() -> None:
    rng = Random(3)  # test data

    assert [line for line in (good_line(rng) for _ in range(1_000)) if isinstance(by_judge(line), str)] == []


def test_a_canonical_line_is_refused_only_for_what_a_form_cannot_say() -> None:
    beyond_form = {rule.id for rule in RULES if rule.check is Check.REFUSED} | {rule.id for rule in EVENT_RULES}
    beyond_form |= {"line.unique_keys", "occurred_at.format", "sent_at.format", "received_at.format"}
    judged = zip(lines(), verdicts(), strict=True)
    canonical = [verdict for line, verdict in judged if len(line) <= MAX_LINE_BYTES and _is_canonical(line)]

    refused = {verdict for verdict in canonical if isinstance(verdict, str)}

    assert refused <= beyond_form
    assert len(refused) > 10
    assert len(canonical) > 400


def _is_canonical(line: bytes) -> bool:
    try:
        return is_canonical(line.decode()) is not None
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize(
    "line",
    [
        b'{"event_id":"e","event_type":"search","occurred_at":"2026-01-01T00:00:00Z","user_id":"u""item_id":"i"}',
        b'{"event_id":"e","event_type":"search","occurred_at":"2026-01-01T00:00:00Z","user_id":"u",}',
        b'{"event_id":"e","event_type":"search","occurred_at":"2026-01-01T00:00:00Z","user_id":"u","impression":["a""b"]}',
        b'{"event_id":"e","event_type":"search","occurred_at":"2026-01-01T00:00:00Z","user_id":"u","properties":{"a":1"b":2}}',
        b'{"event_id":"e","event_type":"search","occurred_at":"2026-01-01T00:00:00Z","user_id":"u","value":1.}',
    ],
)
def test_a_line_that_almost_has_the_form_is_no_json_for_both(line: bytes) -> None:
    assert (by_codec(line), by_judge(line)) == ("line.json", "line.json")


@slow_to_draw
@given(event=events())
def test_what_is_encoded_is_decoded_as_it_was(event: Event) -> None:
    line = encode(event)

    assert line.endswith(b"\n")
    assert b"\n" not in line[:-1]
    assert decode(line, PLAUSIBLE) == event
    assert check(event, PLAUSIBLE) == line


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_verdict_names_the_rule_its_reason_and_the_line(rule: Rule) -> None:
    line = lines()[verdicts().index(rule.id)]

    with pytest.raises(InvalidEvent) as caught:
        decode(line + b"\n", PLAUSIBLE)

    assert (caught.value.rule, caught.value.reason, caught.value.payload) == (rule.id, rule.reason, line)


def test_rule_ids_are_unique() -> None:
    assert max(Counter(rule.id for rule in RULES).values()) == 1
