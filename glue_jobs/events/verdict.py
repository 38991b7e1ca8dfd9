"""The rule table in Spark columns: which rule a line breaks first, if any. No Python function runs on a row.

The twin of `contract.judge`; a test holds their verdicts together. Spark's JSON reader hides what the rules ask
(objects read as text, repeated keys, what follows the value), so a line is looked at as text as well. That is dear,
and a line in canonical form hides nothing: as in `contract.codec`, only what a form cannot say is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contract.columns import EVENT_JSON
from contract.events import EVENT, IMPRESSION_MAX_CHARS, NEEDS_ITEM, NEEDS_VALUE
from contract.rules import EVENT_RULES, FIELD_RULES, LINE_RULES, RULES, Check, Rule
from contract.schema import INSTANT_PATTERN, Field, Kind
from contract.text import FLAT, INTEGER, NOT_FLAT, NUMBER, OF_STRINGS
from glue_jobs.events import line_text
from glue_jobs.events.line_text import whole

# Properties are read as their JSON text first: a value that is no map shows as what it is.
_READ = EVENT_JSON.replace("properties map<string,string>", "properties string")
_PARENTS = ("line", *(f.name for f in EVENT.fields if f.kind is Kind.OBJECT))
INSTANTS = tuple(f.name for f in EVENT.fields if f.kind is Kind.INSTANT)
_LEFT_OPEN_BY_FORM = (
    *(r for r in FIELD_RULES if r.check is Check.REFUSED or (r.check is Check.FORMAT and r.field.name in INSTANTS)),
    *EVENT_RULES,
)


def with_verdict_if_canonical(lines: DataFrame) -> DataFrame:
    """Adds what `with_verdict` adds, for lines in canonical form; for any other line, a null `event`.

    The same verdict as `with_verdict` gives, at a fifth of its price.
    """
    properties = F.col("event.properties")
    names = F.map_keys(properties)
    hides = properties.isNotNull() & (F.size(names) != F.size(F.array_distinct(names)))  # a property came twice
    return (
        lines.withColumn("event", F.when(line_text.is_canonical(F.col("line")), _read(F.col("line"), EVENT_JSON)))
        .withColumn("event", F.when(~hides, F.col("event")))
        .withColumns({name: _instant(F.col("event")[name]) for name in INSTANTS})
        .withColumn("rule", F.when(F.col("event").isNotNull(), _first_broken(_LEFT_OPEN_BY_FORM, _breaks_in_form)))
    )


def with_verdict(lines: DataFrame) -> DataFrame:
    """Adds `event`, the struct that was read, its instants as timestamps, and `rule`, the id of the first rule
    broken (null: an event).

    Asks for `line` (the text as it came), `earliest` and `latest` (the plausible time, both ends included).
    """
    line, read = F.col("line"), F.col("read")
    properties = F.from_json(read["properties"], "map<string,string>")
    return (
        lines.withColumn("read", _read(line, _READ))
        .withColumn("tokens", _tokens(line))
        .withColumn("event", read.withField("properties", properties))
        .withColumns({name: _instant(F.col("event")[name]) for name in INSTANTS})
        .withColumn("rule", _first_broken(RULES, _breaks))
        .drop("read", "tokens")
    )


def _instant(value: Column) -> Column:
    """RFC 3339 text as a timestamp, cut to the millisecond."""
    return F.date_trunc("millisecond", F.to_timestamp(value))


def _read(line: Column, schema: str) -> Column:
    return F.from_json(line, schema, line_text.STRICT)


def _tokens(line: Column) -> Column:
    nested = (F.get_json_object(line, f"$.{name}") for name in _PARENTS[1:])
    of = dict(zip(_PARENTS, (line, *nested), strict=True))
    return F.struct(*(line_text.tokens(json_text).alias(name) for name, json_text in of.items()))


def _first_broken(rules: Sequence[Rule], breaks: Callable[[Rule], Column]) -> Column:
    first, *others = rules
    return reduce(lambda case, rule: case.when(breaks(rule), rule.id), others, F.when(breaks(first), first.id))


def _breaks(rule: Rule) -> Column:
    if rule in LINE_RULES:
        return line_text.breaks(rule, F.col("line"))
    return _breaks_event_rule(rule) if rule in EVENT_RULES else _breaks_field_rule(rule)


def _breaks_in_form(rule: Rule) -> Column:
    """The same, of a line in canonical form: an instant there can be wrong by its calendar alone."""
    if rule.check is Check.FORMAT:
        return F.col("event")[rule.field.name].isNotNull() & F.col(rule.field.name).isNull()
    return _breaks(rule)


# --- a field ------------------------------------------------------------------------------------------------------


def _breaks_field_rule(rule: Rule) -> Column:
    value = reduce(lambda at, field: at[field.name], rule.path, F.col("event"))
    match rule.check:
        case Check.REQUIRED:
            return value.isNull() & (_token(rule).isNull() | (_token(rule) == "null"))
        case Check.TYPE:
            return (_token(rule) != "null") & ~_has_type(rule.field, _token(rule))
        case Check.RANGE:
            unread = value.isNull() & (_token(rule) != "null")  # an integer that no long holds
            return unread | (value.isNotNull() & ~_is_in_range(rule.field, value))
        case _:
            return value.isNotNull() & _breaks_value(rule, value)


def _token(rule: Rule) -> Column:
    parent = "line" if len(rule.path) == 1 else rule.path[0].name
    return F.element_at(F.col("tokens")[parent], rule.field.name)


def _has_type(field: Field, token: Column) -> Column:
    match field.kind:
        case Kind.STRING | Kind.INSTANT:
            return token == ""
        case Kind.DOUBLE:
            return token.rlike(whole(NUMBER))
        case Kind.LONG:
            return token.rlike(whole(INTEGER))
        case Kind.BOOLEAN:
            return token.isin("true", "false")
        case Kind.STRINGS:
            return token == OF_STRINGS
        case Kind.OBJECT:
            return token.isin(FLAT, NOT_FLAT)
        case Kind.SCALARS:
            return token == FLAT


def _breaks_value(rule: Rule, value: Column) -> Column:
    field = rule.field
    match rule.check:
        case Check.NOT_EMPTY:
            return value == ""
        case Check.LENGTH:
            return _any(field, value, lambda v: F.length(v) > field.max_length)
        case Check.FORMAT if field.kind is Kind.INSTANT:
            return ~value.rlike(whole(INSTANT_PATTERN)) | F.col(field.name).isNull()  # a day the calendar lacks
        case Check.FORMAT:
            return _any(field, value, lambda v: ~v.rlike(whole(field.pattern)))
        case Check.REFUSED:
            return value.isin(*sorted(field.refused))
        case Check.COUNT:
            return F.size(value) > field.max_items
        case Check.KEY_FORMAT:
            return F.exists(F.map_keys(value), lambda name: ~name.rlike(whole(field.pattern)))
        case _:
            raise AssertionError(rule)


def _any(field: Field, value: Column, holds: Callable[[Column], Column]) -> Column:
    """Whether it holds of the value, or of one of the values where there are many."""
    match field.kind:
        case Kind.SCALARS:
            return F.exists(F.map_values(value), holds)
        case Kind.STRINGS:
            return F.exists(value, holds)
        case _:
            return holds(value)


def _is_in_range(field: Field, value: Column) -> Column:
    within = F.abs(value) != float("inf") if field.kind is Kind.DOUBLE else F.lit(True)
    if field.minimum is not None:
        within &= value >= field.minimum
    if field.maximum is not None:
        within &= value <= field.maximum
    return within


# --- the event ----------------------------------------------------------------------------------------------------


def _breaks_event_rule(rule: Rule) -> Column:
    event, occurred_at = F.col("event"), F.col("occurred_at")
    match rule.check:
        case Check.IDENTITY:
            return event["user_id"].isNull() & event["anonymous_id"].isNull()
        case Check.FOR_TYPE:
            needs = NEEDS_ITEM if rule.field.name == "item_id" else NEEDS_VALUE
            return event["event_type"].isin(*needs) & event[rule.field.name].isNull()
        case Check.JOINED_LENGTH:
            return F.length(F.array_join(event["impression"], "|")) > IMPRESSION_MAX_CHARS
        case Check.PAIRED:
            return event["producer_id"].isNull() != event["producer_seq"].isNull()
        case Check.EARLIEST:
            return occurred_at < F.col("earliest")
        case Check.LATEST:
            return occurred_at > F.col("latest")
        case _:
            raise AssertionError(rule)
