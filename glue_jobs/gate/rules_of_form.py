"""Rules of form: a file that breaks one is refused by the import, or read as something else."""

from __future__ import annotations

from glue_jobs.gate.model import Severity
from glue_jobs.gate.rule import CATALOG, INTERACTIONS, Rule, table

_FAILS = "An import is all or nothing, and its error names neither row nor column"

FORM = table(
    Rule(
        id="encoding",
        measure="cells that are not UTF-8, and byte order marks",
        why="Files are read as UTF-8; a byte order mark becomes part of the first column's name (Data formats).",
        way_out="Write the file as UTF-8 without a byte order mark (in Excel: not `CSV UTF-8`, which adds one).",
    ),
    Rule(
        id="compressed",
        measure="compressed files",
        why="An import reads plain CSV; compressed files are read here for convenience.",
        way_out="Decompress the file before it is imported.",
        severity=Severity.WARN,
    ),
    Rule(
        id="stray_files",
        measure="objects that are no data",
        why="An import reads every object below its prefix; `_SUCCESS` or a manifest fails it.",
        way_out="Keep only .csv files below the prefix.",
    ),
    Rule(
        id="header_unquoted",
        measure="files with a quoted header",
        why="Column names must not be quoted (Data formats).",
        way_out="Write the header without quotes (pandas: write it yourself, then to_csv(header=False)).",
    ),
    Rule(
        id="columns",
        measure="columns that are missing, unknown, repeated or out of order",
        why="Names and order of a file's columns must be the schema's; else the import fails (Schemas).",
        way_out="Write exactly the schema's columns in its order, in every file, or make a schema that fits the files.",
    ),
    Rule(
        id="row_shape",
        measure="rows that do not have a value for each column",
        why=f"A row must have as many values as the header, and a quote must end. {_FAILS}.",
        way_out='Quote values that hold a comma, a quote or a line end, and escape a quote in them as \\".',
    ),
    Rule(
        id="escapes",
        measure='doubled quotes ("") and backslashes that escape nothing',
        why="Quotes within a value are escaped by a backslash, not doubled; else the value ends there (Data formats).",
        way_out="Quote such values and write \\\" and \\\\ (pandas: doublequote=False, escapechar='\\\\').",
    ),
    Rule(
        id="line_ends",
        measure="lines that end in a carriage return",
        why="A carriage return before the line end may be read as part of the row's last value.",
        way_out="End lines by a line feed alone (pandas: lineterminator='\\n'; dos2unix).",
        severity=Severity.WARN,
    ),
    Rule(
        id="schema_form",
        measure="faults of the Avro schema",
        why="CreateSchema refuses it, or training ignores the column (Schemas; API model).",
        way_out="Correct the schema; `contract/generated/` holds schemas that are right.",
    ),
    Rule(
        id="required_value",
        measure="empty cells in columns that may not be empty",
        why=f"Empty is allowed only where the schema's type is a union with null. {_FAILS}.",
        way_out='Leave such rows out, fill the cell, or make the field ["…", "null"] where it is not required.',
    ),
    Rule(
        id="number_form",
        measure="cells that are no number of the column's type",
        why=f"Cells must be of the schema's type; NaN and infinity are no numbers here. {_FAILS}.",
        way_out="Write numbers plainly (1234.5), without separators or units, and leave the cell empty for none.",
    ),
    Rule(
        id="boolean_form",
        measure="cells that are neither true nor false",
        why="Booleans are written true and false, in lower case (Data formats).",
        way_out="Write true or false.",
    ),
    Rule(
        id="timestamp_seconds",
        measure="times that are not plausible seconds since 1970",
        why="Times are Unix seconds. Milliseconds are not refused: they date events thousands of years ahead.",
        way_out="Divide milliseconds by 1,000; leave out events before `earliest` (a setting) or in the future.",
    ),
    Rule(
        id="id_length",
        measure="ids that are too long",
        why="USER_ID and ITEM_ID take 256 characters (Quotas).",
        way_out="Use shorter ids, in files and in PutEvents alike: a digest of the long one, for instance.",
    ),
    Rule(
        id="value_length",
        measure="values that are too long",
        why="A categorical value, an impression and other strings take 1,000 characters with separators (Quotas).",
        way_out="Shorten the value, keep fewer categories or impressions, or make long text of items `textual`.",
    ),
    Rule(
        id="text_length",
        measure="texts that will be cut",
        why="Of a textual value, the first 20,000 characters are read (7,000 in Chinese and Japanese).",
        way_out="Put what matters first, or shorten the text.",
        severity=Severity.WARN,
    ),
    Rule(
        id="impression_form",
        measure="impressions that are no list of item ids",
        why="Impressions are item ids separated by |; anything else becomes the id of an item that is not there.",
        way_out="Write i-1|i-2|i-3: no brackets, no empty ids, none over 256 characters.",
        datasets=(INTERACTIONS,),
    ),
    Rule(
        id="category_form",
        measure="categories written as a list or with an empty part",
        why="Several categories are separated by |; a list in brackets is read as one category of its own.",
        way_out="Write Action|Comedy.",
        severity=Severity.WARN,
    ),
    Rule(
        id="no_identity",
        measure='ids that mean nobody ("null", "undefined", "NaN")',
        why="They gather the events of many into one user or item, which training takes for real.",
        way_out="Leave such rows out, and mend what sends them.",
    ),
    Rule(
        id="reserved_word",
        measure="event types that are reserved words",
        why="Training fails: `All values in the event_type column are either reserved keywords or null`.",
        way_out="Name event types by what happened: view, purchase.",
        datasets=(INTERACTIONS,),
    ),
    Rule(
        id="event_type_missing",
        measure="interactions without an event type",
        why="Rows without one are left out wherever a solution filters by event type.",
        way_out="Fill EVENT_TYPE in every row, or leave the column out of schema and files.",
        datasets=(INTERACTIONS,),
    ),
    Rule(
        id="unique_id",
        measure="ids that come again",
        why="A later row replaces the earlier one; within one import nothing says which is later.",
        way_out="Keep one row an id: the newest.",
        datasets=CATALOG,
    ),
)
