"""A function.yaml that could not be deployed is refused, with the file and the key in the message."""

from pathlib import Path

import pytest

from infra.capabilities.function_spec import (
    FunctionSpec,
    HttpSource,
    InvalidFunction,
    QueueSource,
    Source,
    StreamSource,
    read_function,
    read_functions,
)
from infra.capabilities.job_spec import Location

pytestmark = pytest.mark.integration

STREAM = """
name: clicks-now
why: Something must be done with each click at once.
handler: consumers.clicks_now.lambda_handler.handler
memory_mb: 512
timeout_seconds: 60
reserved_concurrency: 3
source:
  stream:
    batch_size: 1000
    window_seconds: 0
    parallelization_factor: 1
    maximum_retry_attempts: -1
    maximum_record_age_seconds: 86400
    bisect: true
    starting_position: TRIM_HORIZON
tables: {state: write, features: read}
reads: [{bucket: personalize, prefix: _ready/}]
writes: [{bucket: quarantine, prefix: stream/}]
publishes: [clickstream.realtime]
personalize: [PutEvents]
passes_role: true
environment: {STATE_TABLE: "${table:state}", ROLE: "${role:personalize}"}
"""
QUEUE = """
name: clicks-now
why: Something must be done with each change at once.
handler: consumers.clicks_now.lambda_handler.handler
memory_mb: 256
timeout_seconds: 30
source:
  queue: {name: changes, batch_size: 100, window_seconds: 5, maximum_receive_count: 5, maximum_concurrency: 2}
"""
HTTP = """
name: clicks-now
why: Somebody waits for the answer to each click.
handler: consumers.clicks_now.lambda_handler.handler
memory_mb: 256
timeout_seconds: 20
source:
  http: {routes: [POST /v1/events, ANY /v1/pixel.gif], jwt: [POST /v1/events]}
puts_records: true
parameters: [write-keys]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "consumers" / "clicks_now"
    folder.mkdir(parents=True)
    (folder / "lambda_handler.py").write_text("")
    return folder / "function.yaml"


def test_a_declaration_is_read_whole(path: Path, tmp_path: Path) -> None:
    path.write_text(STREAM)

    assert read_functions(tmp_path) == (
        FunctionSpec(
            name="clicks-now",
            why="Something must be done with each click at once.",
            handler="consumers.clicks_now.lambda_handler.handler",
            memory_mb=512,
            timeout_seconds=60,
            reserved_concurrency=3,
            source=Source(
                stream=StreamSource(
                    batch_size=1000,
                    window_seconds=0,
                    maximum_retry_attempts=-1,
                    maximum_record_age_seconds=86400,
                    bisect=True,
                    starting_position="TRIM_HORIZON",
                )
            ),
            tables={"state": "write", "features": "read"},
            reads=(Location(bucket="personalize", prefix="_ready/"),),
            writes=(Location(bucket="quarantine", prefix="stream/"),),
            publishes=("clickstream.realtime",),
            personalize=("PutEvents",),
            passes_role=True,
            environment={"STATE_TABLE": "${table:state}", "ROLE": "${role:personalize}"},
        ),
    )


def test_a_function_may_have_a_queue_of_its_own(path: Path, tmp_path: Path) -> None:
    path.write_text(QUEUE)

    spec = read_function(path, tmp_path)

    assert spec.source == Source(
        queue=QueueSource(
            name="changes", batch_size=100, window_seconds=5, maximum_receive_count=5, maximum_concurrency=2
        )
    )
    assert (spec.construct, spec.zip, spec.tables, spec.environment) == ("ClicksNow", "lambda", {}, {})


@pytest.mark.parametrize(
    ("declaration", "old", "new", "told"),
    [
        (STREAM, "name: clicks-now", "name: clicks", ["name", "'clicks'"]),
        (STREAM, "clicks_now.lambda_handler.handler", "other.lambda_handler.handler", ["handler", "consumers.other"]),
        (STREAM, "clicks_now.lambda_handler.handler", "clicks_now.lambda_handler.main", ["handler"]),
        (STREAM, "memory_mb", "memory", ["unknown field `memory`"]),
        (STREAM, "timeout_seconds: 60", "timeout_seconds: 901", ["timeout_seconds"]),
        (STREAM, "parallelization_factor: 1", "parallelization_factor: 2", ["watermark", "source.stream"]),
        (STREAM, "maximum_record_age_seconds: 86400", "maximum_record_age_seconds: -1", ["maximum_record_age_seconds"]),
        (STREAM, "starting_position: TRIM_HORIZON", "starting_position: AT_TIMESTAMP", ["AT_TIMESTAMP"]),
        (STREAM, "state: write", "state: admin", ["tables", "admin"]),
        (STREAM, "{state: write", "{users: write", ["tables", "users"]),
        (STREAM, "prefix: _ready/", 'prefix: ""', ["reads[0].prefix"]),
        (STREAM, "clickstream.realtime", "aws.s3", ["publishes[0]", "aws.s3"]),
        (STREAM, "[PutEvents]", '["*"]', ["personalize[0]"]),
        (STREAM, "${table:state}", "${table:users}", ["environment.STATE_TABLE", "table:users", "table:features"]),
        (STREAM, "STATE_TABLE:", "LOG_LEVEL:", ["environment.LOG_LEVEL"]),
        (STREAM, "STATE_TABLE:", "stateTable:", ["environment"]),
        (STREAM, "handler:", "zip: emr\nhandler:", ["zip", "emr"]),
        (QUEUE, "window_seconds: 5", "window_seconds: 0", ["source.queue", "batch_size"]),
        (QUEUE, "maximum_concurrency: 2", "maximum_concurrency: 1", ["maximum_concurrency"]),
        (QUEUE, "  queue: {name", "  x: {name", ["unknown field `x`"]),
        (QUEUE, "why: Something", "why: Something: more", ["mapping values"]),
        (HTTP, "[POST /v1/events, ANY /v1/pixel.gif]", "[]", ["source.http.routes"]),
        (HTTP, "ANY /v1/pixel.gif", "/v1/pixel.gif", ["source.http.routes[1]"]),
        (HTTP, "jwt: [POST /v1/events]", "jwt: [GET /v1/events]", ["jwt", "GET /v1/events", "source.http"]),
        (HTTP, "parameters: [write-keys]", "parameters: [/write-keys]", ["parameters[0]"]),
    ],
)
def test_a_faulty_declaration_is_refused_by_file_and_key(
    path: Path, tmp_path: Path, declaration: str, old: str, new: str, told: list[str]
) -> None:
    assert old in declaration
    path.write_text(declaration.replace(old, new))

    with pytest.raises(InvalidFunction) as caught:
        read_function(path, tmp_path)

    assert [part for part in ["clicks_now/function.yaml", *told] if part not in str(caught.value)] == []


def test_a_function_may_answer_requests(path: Path, tmp_path: Path) -> None:
    path.write_text(HTTP)

    spec = read_function(path, tmp_path)

    assert spec.source == Source(
        http=HttpSource(routes=("POST /v1/events", "ANY /v1/pixel.gif"), jwt=("POST /v1/events",))
    )
    assert (spec.puts_records, spec.parameters, spec.woken_by_events) == (True, ("write-keys",), False)


def test_a_source_is_one_of_three(path: Path, tmp_path: Path) -> None:
    path.write_text(QUEUE.partition("source:")[0] + "source: {}\n")

    with pytest.raises(InvalidFunction, match=r"exactly one of stream, queue, http .* `\$.source`"):
        read_function(path, tmp_path)
