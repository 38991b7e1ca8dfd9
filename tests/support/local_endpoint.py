"""A running local endpoint as tests use it: clients, buckets, jobs and streams with one call."""

import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths

JARS = LocalPaths().jars

# Prints what it was given, and behaves as its arguments say.
SCRIPT = """
import sys
from pyspark.sql import SparkSession
import helper

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
spark = SparkSession.builder.getOrCreate()
print("helper says", helper.SAYS, spark.conf.get("spark.sql.shuffle.partitions"))
if arguments.get("--fail"):
    raise ValueError(arguments["--fail"])
if arguments.get("--exit"):
    sys.exit(int(arguments["--exit"]))
if arguments.get("--sleep"):
    import time
    time.sleep(float(arguments["--sleep"]))
spark.createDataFrame([(helper.SAYS, str(sys.argv))], "says string, argv string").write.mode("overwrite").json(
    arguments["--out"]
)
"""


@dataclass(frozen=True, kw_only=True)
class Local:
    """A running endpoint and clients of it."""

    endpoint: Endpoint
    client: Callable[[str], Any]

    def bucket(self) -> str:
        """A new bucket."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        self.client("s3").create_bucket(Bucket=name)
        return name

    def bodies(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """Every object under `prefix`."""
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {o["Key"]: s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read() for o in listed}

    def put_library(self, bucket: str, *, says: str, folder: Path) -> str:
        """Upload a zip with the module `helper`; returns its URI, the same each time."""
        path = folder / "libraries.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("helper.py", f"SAYS = {says!r}\n")
        self.client("s3").upload_file(str(path), bucket, "libraries.zip")
        return f"s3://{bucket}/libraries.zip"

    def create_job(self, folder: Path, *, script: str = SCRIPT, **job: Any) -> tuple[str, str]:
        """A Glue job running `script`; returns its name and the bucket of its code and output."""
        bucket, name = self.bucket(), f"job-{uuid.uuid4().hex[:8]}"
        self.client("s3").put_object(Bucket=bucket, Key="main.py", Body=script.encode())
        library = self.put_library(bucket, says="hello", folder=folder)
        self.client("glue").create_job(
            Name=name,
            Role="arn:aws:iam::000000000000:role/any",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/main.py"},
            DefaultArguments={"--extra-py-files": library, "--out": f"s3://{bucket}/out/"},
            **job,
        )
        return name, bucket

    def run_job(self, name: str, **arguments: str) -> Mapping[str, Any]:
        """Start a run and wait for its end."""
        glue = self.client("glue")
        given = {f"--{key}": value for key, value in arguments.items()}
        run_id = glue.start_job_run(JobName=name, Arguments=given)["JobRunId"]
        return self.ended_run(name, run_id)

    def ended_run(self, name: str, run_id: str) -> Mapping[str, Any]:
        """The run once it is in a final state."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            run: Mapping[str, Any] = self.client("glue").get_job_run(JobName=name, RunId=run_id)["JobRun"]
            if run["JobRunState"] not in {"STARTING", "RUNNING", "WAITING"}:
                return run
            time.sleep(0.05)
        raise AssertionError(f"run {run_id} did not end")


def delivery(local: Local, **destination: Any) -> tuple[str, str]:
    """A stream of two shards delivered to a new bucket."""
    name, bucket = f"events-{uuid.uuid4().hex[:8]}", local.bucket()
    kinesis = local.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=2)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    role = "arn:aws:iam::000000000000:role/any"
    local.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": role},
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "Prefix": "events/dt=!{timestamp:yyyy-MM-dd}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            "CompressionFormat": "GZIP",
            **destination,
        },
    )
    return name, bucket


def put(local: Local, name: str, *records: bytes, key: str = "same") -> None:
    entries = [{"Data": data, "PartitionKey": key} for data in records]
    local.client("kinesis").put_records(StreamName=name, Records=entries)


def local_at(endpoint: Endpoint) -> Local:
    """Clients of `endpoint`, whatever this process's environment says."""
    environment = endpoint.environment()
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    make: Callable[..., Any] = session.client
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = make(service, endpoint_url=endpoint.url)
        return clients[service]

    return Local(endpoint=endpoint, client=client)
