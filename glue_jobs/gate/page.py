"""The page about the gate, from its rules and settings: `python -m glue_jobs.gate.page` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from glue_jobs.gate.model import Severity
from glue_jobs.gate.rule import EVERY, Bound, Rule
from glue_jobs.gate.rules_of_content import CONTENT
from glue_jobs.gate.rules_of_form import FORM
from glue_jobs.gate.settings import THRESHOLDS, Settings

PAGE = Path(__file__).parents[2] / "docs" / "gate.md"

_TOP = """\
<!-- Generated from glue_jobs/gate/ by `python -m glue_jobs.gate.page`. Do not edit. -->
# The gate

Amazon Personalize imports a dataset whole or not at all, takes long to say no, and names neither row nor column. Some
faults it takes without a word, and the training fails hours later, or a poor model comes of them. The gate reads the
finished CSV files before Personalize does and holds them against {count} rules.

Each rule **measures** one thing and has a bound. A rule of severity *stop* that is not kept stops the publication: the
last good files stay as they are, and an event `Quality Gate Failed` on the bus names the rules with their way out. A
rule of severity *warn* is reported and stops nothing. A rule without data to judge by (no catalog to look items up in,
no earlier publication to compare with) is not applied.

It runs in two places, with the same rules:

- in the jobs `interactions`, `items` and `users`, before their files are published;
- in `clickstream check FILES`, on any Personalize files of your own, which answers with the first rows and columns that
  offend. Exit status 0: all rules of severity *stop* are kept; 1: they are not; 2: the files could not be judged.

Sources: what stands in brackets behind a reason is the chapter of the Amazon Personalize developer guide, or "API
model" for the service's own description of its API. Whole sentences in `code` are the service's own error messages.
What has no source is experience, and a setting where that can be.

FULL is an import that replaces all rows, INCREMENTAL one that adds some.

## How to change it

Settings are written `NAME=VALUE`, more of them with commas between:

```
{examples}
```

The first is for one check, the second for the jobs of a deployment: `--gate` becomes a parameter of each. There are
four kinds:

| setting | what it does |
|---|---|
| `NAME=VALUE` | another threshold; [all names](#settings) |
| `stop=RULE+RULE` | these rules stop a publication |
| `warn=RULE+RULE` | these rules only warn |
| `solution.NAME=TYPE+TYPE` | a solution trains on these event types alone: the minimum is counted for it too |

A setting, rule or value that is not known is refused before any data are read: `clickstream check` ends with status 2,
a job fails and says which. Numbers are typed without separators. In the jobs, `earliest` is their argument
`--earliest`, unless `--gate` says otherwise.
"""

EXAMPLES = (
    ("clickstream check FILES --set ", "max_psi=0.3,stop=duplicates,warn=items_known"),
    ("python -m infra.app --stage dev --gate ", "min_volume=0.8,solution.top-sellers=purchase+add_to_cart"),
)


def gate_page() -> str:
    examples = "\n".join(command + settings for command, settings in EXAMPLES)
    parts = [
        _TOP.format(count=len(FORM) + len(CONTENT), examples=examples),
        "## Rules of form\n\nA file that breaks one of severity *stop* is refused, or is read as something else.\n",
        *map(_rule, FORM.values()),
        "## Rules of content\n\nWhat the service takes at most, what training needs at least, and what has changed.\n",
        *map(_rule, CONTENT.values()),
        _settings(),
    ]
    return "\n".join(parts)


def _rule(rule: Rule) -> str:
    facts = [f"*{rule.severity}*", _datasets(rule)]
    if len(rule.modes) == 1:
        facts.append(f"{rule.modes[0]} only")
    return (
        f"### `{rule.id}`\n\n{' · '.join(facts)}\n\n"
        f"- **Measures** {rule.measure}; {_bounds(rule)}.\n"
        f"- **Why:** {_plain(rule.why)}\n"
        f"- **Way out:** {_plain(rule.way_out)}\n"
    )


def _datasets(rule: Rule) -> str:
    return "all datasets" if rule.datasets == EVERY else ", ".join(rule.datasets)


def _bounds(rule: Rule) -> str:
    if rule.counts_offences:
        return "there may be none"
    bounds = (("at least", rule.minimum), ("at most", rule.maximum))
    return " and ".join(f"{word} {_bound(bound)}" for word, bound in bounds if bound is not None)


def _bound(bound: Bound) -> str:
    if isinstance(bound, Mapping):
        return ", ".join(f"{_bound(name)} for {what}" for what, name in bound.items())
    return f"{_value(THRESHOLDS[bound].default)} (`{bound}`)" if isinstance(bound, str) else _value(bound)


def _settings() -> str:
    rows = [f"| `{name}` | {_value(f.default)} | {f.metadata['unit']} |" for name, f in THRESHOLDS.items()]
    changed = [rule for rule in (*FORM.values(), *CONTENT.values()) if Settings().severity(rule.id) == Severity.WARN]
    warning = ", ".join(f"`{rule.id}`" for rule in changed)
    head = ["## Settings", "", "| name | default | unit |", "|---|---:|---|"]
    return "\n".join([*head, *rows, "", f"Of severity *warn* by default: {warning}. All others *stop*.", ""])


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return f"{value:,}"


def _plain(text: str) -> str:
    """Outside code, `|` and `*` and `_` would be Markdown's."""
    parts = text.split("`")
    escaped = [part if at % 2 else part.replace("*", "\\*").replace("_", "\\_") for at, part in enumerate(parts)]
    return "`".join(escaped)


def main() -> None:
    PAGE.write_text(gate_page())


if __name__ == "__main__":
    main()
