"""The rule table in Spark columns: which rule a line breaks first, if any. No Python function runs on a row.

The twin of `contract.judge`; a test holds their verdicts together. Spark's JSON reader hides what the rules ask
(objects read as text, repeated keys, what follows the value). Hence a line is *faithful* when what Spark read of
it, written again, is the line to the last byte: then nothing was hidden. Any other line is looked at as text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contract.columns import EVENT_JSON
from contract.events import EVENT, IMPRESSION_MAX_CHARS, NEEDS_ITEM, NEEDS_VALUE
from contract.rules import EVENT_RULES, FIELD_RULES, LINE_RULES, Check, Rule
from contract.schema import INSTANT_PATTERN, Field, Kind
from contract.text import FLAT, INTEGER, NOT_FLAT, NUMBER, OF_STRINGS
from glue_jobs.events import line_text
from glue_jobs.events.line_text import whole

# Properties are read as their JSON text, so that the numbers in them can be written again as they came.
_READ = EVENT_JSON.replace("properties map<string,string>", "properties string")
_PARENTS = ("line", *(f.name for f in EVENT.fields if f.kind is Kind.OBJECT))


def with_verdict(lines: DataFrame) -> DataFrame:
    """Adds `event`, the struct that was read, and `rule`, the id of the first rule broken (null: an event).

    Asks for `line` (the text as it came), `earliest` and `latest` (the plausible time, both ends included).
    """
    line, read, properties = F.col("line"), F.col("read"), F.col("properties")
    return (
        lines.withColumn("read", F.from_json(line, _READ, line_text.STRICT))
        .withColumn("properties", F.from_json(read["properties"], "map<string,string>"))
        .withColumn("tokens", F.when(~_is_faithful(line, read, properties), _tokens(line)))
        .withColumn("event", read.withField("properties", properties))
        .withColumn("rule", _first_broken())
        .drop("read", "properties", "tokens")
    )


def instant(value: Column) -> Column:
    """RFC 3339 text as a timestamp, cut to the millisecond."""
    return F.date_trunc("millisecond", F.to_timestamp(value))


def _is_faithful(line: Column, read: Column, properties: Column) -> Column:
    held = read["properties"]
    written = F.to_json(read.withField("properties", F.when(held.isNotNull(), "#")))
    as_held = F.coalesce(F.concat(F.lit('"properties":'), held), F.lit(""))
    restored = F.replace(written, F.lit('"properties":"#"'), as_held)
    return F.coalesce((restored == line) & (held.isNull() | _are_plain(held, properties)), F.lit(False))


def _are_plain(held: Column, properties: Column) -> Column:
    """Flat, with good names, none of them twice."""
    names = F.map_keys(properties)
    flat = (F.locate("{", held, 2) == 0) & (F.locate("[", held) == 0)
    good = F.forall(names, lambda name: name.rlike(whole(EVENT.field("properties").pattern)))
    return flat & good & (F.size(names) == F.size(F.array_distinct(names)))


def _tokens(line: Column) -> Column:
    nested = (F.get_json_object(line, f"$.{name}") for name in _PARENTS[1:])
    of = dict(zip(_PARENTS, (line, *nested), strict=True))
    return F.struct(*(line_text.tokens(json_text).alias(name) for name, json_text in of.items()))


def _first_broken() -> Column:
    odd = F.col("tokens").isNotNull()  # asked first: what follows it in a condition is dear
    conditions = [
        *((rule, _breaks_line_rule(rule, odd)) for rule in LINE_RULES),
        *((rule, _breaks_field_rule(rule, odd)) for rule in FIELD_RULES),
        *((rule, _breaks_event_rule(rule)) for rule in EVENT_RULES),
    ]
    (first, broken), *others = conditions
    return reduce(lambda case, asked: case.when(asked[1], asked[0].id), others, F.when(broken, first.id))


def _breaks_line_rule(rule: Rule, odd: Column) -> Column:
    broken = line_text.breaks(rule, F.col("line"))
    return broken if rule.check is Check.LINE_SIZE else odd & broken


# --- a field ------------------------------------------------------------------------------------------------------


def _breaks_field_rule(rule: Rule, odd: Column) -> Column:
    value = reduce(lambda at, field: at[field.name], rule.path, F.col("event"))
    match rule.check:
        case Check.REQUIRED:
            return value.isNull() & (_token(rule).isNull() | (_token(rule) == "null"))
        case Check.TYPE:
            return odd & (_token(rule) != "null") & ~_has_type(rule.field, _token(rule))
        case Check.RANGE:
            unread = odd & value.isNull() & (_token(rule) != "null")  # an integer that no long holds
            return unread | (value.isNotNull() & ~_is_in_range(rule.field, value))
        case _:
            return value.isNotNull() & _breaks(rule, value)


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


def _breaks(rule: Rule, value: Column) -> Column:
    field = rule.field
    match rule.check:
        case Check.NOT_EMPTY:
            return value == ""
        case Check.LENGTH:
            return _any(field, value, lambda v: F.length(v) > field.max_length)
        case Check.FORMAT if field.kind is Kind.INSTANT:
            return ~_is_instant(value)
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


def _is_instant(value: Column) -> Column:
    """The form, and a day that the calendar has."""
    return value.rlike(whole(INSTANT_PATTERN)) & F.to_timestamp(value).isNotNull()


def _is_in_range(field: Field, value: Column) -> Column:
    within = F.abs(value) != float("inf") if field.kind is Kind.DOUBLE else F.lit(True)
    if field.minimum is not None:
        within &= value >= field.minimum
    if field.maximum is not None:
        within &= value <= field.maximum
    return within


# --- the event ----------------------------------------------------------------------------------------------------


def _breaks_event_rule(rule: Rule) -> Column:
    event, occurred_at = F.col("event"), instant(F.col("event.occurred_at"))
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
