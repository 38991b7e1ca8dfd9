"""Events and broken lines for every test that needs many: by hypothesis, or as a fixed list for a seed.

All of it derives from the contract's tables. Lines have no newline; none is blank.
"""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from contract.codec import Event, decode
from contract.rules import EVENT_RULES, FIELD_RULES
from tests.bad_lines import LINE_BREAKS, bad_line, break_rule, too_large
from tests.good_lines import PLAUSIBLE, good_line

__all__ = ["PLAUSIBLE", "broken_lines", "events", "generated_lines", "good_lines"]

_VARIANTS = 6
_GOOD_SHARE = 0.35

_rng = st.randoms(use_true_random=False)


def good_lines() -> st.SearchStrategy[bytes]:
    """Lines that are events, canonical and not."""
    return _rng.map(good_line)


def events() -> st.SearchStrategy[Event]:
    """Events that every reader takes, PLAUSIBLE given."""
    return good_lines().map(lambda line: decode(line, PLAUSIBLE))


def broken_lines() -> st.SearchStrategy[bytes]:
    """Lines that were mutated as bytes, as JSON or in a field. A few are still events: ask the judge."""
    return _rng.map(bad_line)


def generated_lines(seed: int, n: int) -> list[bytes]:
    """`n` lines, good and bad, the same for the same seed. From 1,000 on every rule of the contract is broken."""
    rng = Random(seed)  # test data
    lines = [break_rule(rule, rng) for rule in (*FIELD_RULES, *EVENT_RULES) for _ in range(_VARIANTS)]
    lines += [mutate(rng) for mutate in LINE_BREAKS for _ in range(_VARIANTS)]
    lines += [too_large(rng) for _ in range(_VARIANTS)]
    while len(lines) < n:
        lines.append(good_line(rng) if rng.random() < _GOOD_SHARE else bad_line(rng))
    chosen = [line.replace(b"\n", b" ") for line in lines[:n]]
    rng.shuffle(chosen)
    return chosen
