"""The contract's rules as DuckDB SQL: as fast as we could write them, and enough for what the simulator breaks.

Not a third reader: unknown keys, nested types and odd forms of JSON that the bench's data lacks are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from contract.checkpoints import PATTERN as CHECKPOINT
from contract.events import EVENT, IMPRESSION_MAX_CHARS, MAX_DEPTH, MAX_LINE_BYTES, NEEDS_ITEM, NEEDS_VALUE
from contract.rules import EVENT_RULES, FIELD_RULES, Check, Rule
from contract.schema import INSTANT_PATTERN, Field, Kind

_STRING = '"[^"\\\\]+"'
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"
_SCALAR = rf'(?:"[^"\\]*"|{_NUMBER}|true|false)'
_STRUCTURE = r"""regexp_replace(line, '"(?:[^"\\]|\\.)*"|[^\[\]{}]', '', 'g')"""
_KINDS = {
    Kind.STRING: ("VARCHAR",),
    Kind.INSTANT: ("VARCHAR",),
    Kind.DOUBLE: ("DOUBLE", "UBIGINT", "BIGINT"),
    Kind.LONG: ("UBIGINT", "BIGINT"),
    Kind.BOOLEAN: ("BOOLEAN",),
    Kind.STRINGS: ("ARRAY",),
    Kind.OBJECT: ("OBJECT",),
    Kind.SCALARS: ("OBJECT",),
}
_TYPES = {
    Kind.STRING: '"VARCHAR"',
    Kind.INSTANT: '"VARCHAR"',
    Kind.DOUBLE: '"DOUBLE"',
    Kind.LONG: '"BIGINT"',
    Kind.BOOLEAN: '"BOOLEAN"',
    Kind.STRINGS: '["VARCHAR"]',
    Kind.SCALARS: '"MAP(VARCHAR, VARCHAR)"',
}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def json_structure() -> str:
    """The event for DuckDB's from_json."""
    return _structure_of(EVENT.fields)


def _structure_of(fields: tuple[Field, ...]) -> str:
    kinds = (_structure_of(f.fields) if f.kind is Kind.OBJECT else _TYPES[f.kind] for f in fields)
    return "{" + ",".join(f'"{f.name}":{kind}' for f, kind in zip(fields, kinds, strict=True)) + "}"


def is_plain(line: str) -> str:
    """The line has the form in which our encoder writes events; one pass of an automaton."""
    comma_left_over = f"contains({line}, ',}}')"
    return f"(regexp_full_match({line}, {quoted(_form(EVENT.fields))}) AND NOT {comma_left_over})"


def _form(fields: tuple[Field, ...]) -> str:
    pairs = (rf'"{f.name}":{_value_form(f)},?' for f in fields)
    return (
        r"\{" + "".join(pair if f.required else f"(?:{pair})?" for f, pair in zip(fields, pairs, strict=True)) + r"\}"
    )


def _value_form(field: Field) -> str:  # noqa: PLR0911  # one a kind
    match field.kind:
        case Kind.STRING if field.pattern:
            return '"[A-Za-z0-9_.: -]+"'
        case Kind.STRING:
            return _STRING
        case Kind.INSTANT:
            return f'"{INSTANT_PATTERN}"'
        case Kind.DOUBLE:
            return _NUMBER
        case Kind.LONG:
            return "[1-9][0-9]*"
        case Kind.BOOLEAN:
            return "(?:true|false)"
        case Kind.STRINGS:
            return rf"\[(?:{_STRING}(?:,{_STRING})*)?\]"
        case Kind.OBJECT:
            return _form(field.fields)
        case Kind.SCALARS:
            pair = rf'"[A-Za-z_][A-Za-z0-9_]*":{_SCALAR}'
            return rf"\{{(?:{pair}(?:,{pair})*)?\}}"


def plain_keeps_all() -> str:
    """What a plain line's form leaves open: lengths, calendar, refused values, the rules of the event. Of `e`."""
    return " AND ".join([*_plain_fields(), *_plain_event()])


def _plain_fields() -> Iterator[str]:
    for field in EVENT.fields:
        e = f"e.{field.name}"
        match field.kind:
            case Kind.STRING:
                yield f"(length({e}) <= {field.max_length}) IS NOT FALSE"
            case Kind.INSTANT:
                yield f"({e} IS NULL OR try_cast({e} AS TIMESTAMPTZ) IS NOT NULL)"
            case Kind.STRINGS:
                yield f"(len({e}) <= {field.max_items}) IS NOT FALSE"
            case Kind.LONG:
                yield f"({e} <= {field.maximum}) IS NOT FALSE"
            case _:
                pass
        if field.refused:
            yield f"({e} NOT IN ({_list(field.refused)})) IS NOT FALSE"


def _plain_event() -> Iterator[str]:
    yield "coalesce(e.user_id, e.anonymous_id) IS NOT NULL"
    yield f"(e.item_id IS NOT NULL OR e.event_type NOT IN ({_list(NEEDS_ITEM)}))"
    yield f"(e.value IS NOT NULL OR e.event_type NOT IN ({_list(NEEDS_VALUE)}))"
    yield f"(e.impression IS NULL OR (length(array_to_string(e.impression, '|')) <= {IMPRESSION_MAX_CHARS}"
    yield "NOT contains(array_to_string(e.impression, ''), '|')))"
    yield "(e.producer_id IS NULL) = (e.producer_seq IS NULL)"
    yield "e.occurred_at::TIMESTAMPTZ BETWEEN earliest AND latest"


def text_reason() -> str:
    """Why `line` is not JSON, or too large or deep to be looked at; 'checkpoint' where it is one; null for none."""
    too_deep = _STRUCTURE
    for _ in range(MAX_DEPTH):
        too_deep = rf"regexp_replace({too_deep}, '\[\]|\{{\}}', '', 'g')"
    checkpoint = CHECKPOINT.removeprefix(r"\A").removesuffix(r"\Z")
    not_json = "NOT json_valid(line) OR NOT starts_with(line, '{') OR regexp_matches(line, ':(?:NaN|-?Infinity)')"
    return _case(
        (f"regexp_full_match(line, {quoted(checkpoint)})", "checkpoint"),
        (f"strlen(line) > {MAX_LINE_BYTES}", "too_large"),
        # Good lines of the bench are ASCII: any other character is a byte that is not UTF-8.
        (r"strlen(line) <> length(line) OR regexp_matches(line, '\\u[dD][89a-fA-F]')", "not_utf8"),
        (rf"regexp_matches({too_deep}, '\[\]|\{{\}}')", "too_deep"),
        (not_json, "not_json"),
    )


def event_reason() -> str:
    """The reason of the first rule that the event in `json` breaks, null for none. Asks for `earliest`, `latest`."""
    keys = "json_keys(json)"
    return _case(
        (rf"regexp_matches(array_to_string({keys}, ''), '[{{}}<>,:\[\]]')", "bad_key"),
        (f"len({keys}) <> len(list_distinct({keys}))", "repeated_key"),
        *map(_field_case, FIELD_RULES),
        *((_breaks_event(rule), str(rule.reason)) for rule in EVENT_RULES),
    )


def _case(*cases: tuple[str, str]) -> str:
    return "CASE " + " ".join(f"WHEN {asked} THEN '{reason}'" for asked, reason in cases if asked) + " END"


def _field_case(rule: Rule) -> tuple[str, str]:
    path = quoted("$." + ".".join(f.name for f in rule.path))
    kind, value = f"json_type(json, {path})", f"json_extract_string(json, {path})"
    return _breaks(rule, path, kind, value), str(rule.reason)


def _breaks(rule: Rule, path: str, kind: str, value: str) -> str:  # noqa: PLR0911  # one a check
    field = rule.field
    match rule.check:
        case Check.REQUIRED:
            return f"coalesce({kind}, 'NULL') = 'NULL'"
        case Check.TYPE:
            nested = f"regexp_matches({value}[2:], '[\\[{{]')" if field.kind is Kind.SCALARS else "false"
            return f"{kind} <> 'NULL' AND ({kind} NOT IN ({_list(_KINDS[field.kind])}) OR {nested})"
        case Check.NOT_EMPTY:
            return f"{value} = ''"
        case Check.LENGTH if field.kind is Kind.STRING:
            return f"length({value}) > {field.max_length}"
        case Check.FORMAT if field.kind is Kind.INSTANT:
            is_instant = f"regexp_full_match({value}, {quoted(INSTANT_PATTERN)})"
            return f"NOT {is_instant} OR ({value} IS NOT NULL AND try_cast({value} AS TIMESTAMPTZ) IS NULL)"
        case Check.FORMAT if field.kind is Kind.STRINGS:
            return f"len(list_filter(json_extract_string(json, '$.{field.name}[*]'), lambda x: contains(x, '|'))) > 0"
        case Check.REFUSED:
            return f"{value} IN ({_list(field.refused)})"
        case Check.RANGE if field.kind is Kind.LONG:
            return f"{value}::HUGEINT NOT BETWEEN {field.minimum} AND {field.maximum}"
        case Check.COUNT if field.kind is Kind.STRINGS:
            return f"json_array_length(json, {path}) > {field.max_items}"
        case _:
            return ""


def _breaks_event(rule: Rule) -> str:
    def missing(name: str) -> str:
        return f"coalesce(json_type(json, '$.{name}'), 'NULL') = 'NULL'"

    at = "json_extract_string(json, '$.occurred_at')::TIMESTAMPTZ"
    match rule.check:
        case Check.IDENTITY:
            return f"{missing('user_id')} AND {missing('anonymous_id')}"
        case Check.FOR_TYPE:
            needs = NEEDS_ITEM if rule.field.name == "item_id" else NEEDS_VALUE
            return f"json_extract_string(json, '$.event_type') IN ({_list(needs)}) AND {missing(rule.field.name)}"
        case Check.PAIRED:
            return f"({missing('producer_id')}) <> ({missing('producer_seq')})"
        case Check.EARLIEST:
            return f"{at} < earliest"
        case Check.LATEST:
            return f"{at} > latest"
        case _:
            return ""


def _list(words: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(map(quoted, sorted(words)))
