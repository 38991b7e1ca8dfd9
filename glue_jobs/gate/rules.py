"""All rules of the gate, by id."""

from __future__ import annotations

from glue_jobs.gate.rules_of_content import CONTENT
from glue_jobs.gate.rules_of_form import FORM

RULES = {**FORM, **CONTENT}
