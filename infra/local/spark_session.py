"""The Spark session jobs find on the laptop: Glue's version of Spark, S3A pointed at the local endpoint."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from infra.local.java import archive_option, class_archive

# A run here is short: half of its time went into compiling what was about to be thrown away. The quick compiler
# alone makes Spark ready 3 s sooner, and a cold run of 50,000 lines no slower. Alone it gets 48 MB for what it
# compiles, which a few jobs fill; then all further code would be interpreted.
_JAVA: Final = (
    "-Duser.timezone=UTC",
    "-XX:+UseParallelGC",
    "-Xshare:auto",
    "-XX:TieredStopAtLevel=1",
    "-XX:ReservedCodeCacheSize=256m",
)
_S3A: Final = "org.apache.hadoop.fs.s3a.S3AFileSystem"


def settings(environ: Mapping[str, str], *, jars: Sequence[Path], driver_memory: str) -> dict[str, str]:
    """Spark's settings for two cores and a store that answers at AWS_ENDPOINT_URL."""
    archive = archive_option(class_archive(jars[0].parent))
    return {
        "spark.app.name": "clickstream-local",
        "spark.master": "local[2]",
        "spark.driver.memory": driver_memory,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.jars": ",".join(str(jar) for jar in jars),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.extraJavaOptions": " ".join((*_JAVA, archive)),
        "spark.sql.shuffle.partitions": "4",
        # A forked Python worker would keep the modules of the run before.
        "spark.python.worker.reuse": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(Path(environ["TMPDIR"]) / "warehouse"),
        "spark.local.dir": environ["TMPDIR"],
        **{f"spark.hadoop.{key}": value for key, value in _store(environ).items()},
    }


def _store(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        # Glue's scripts say s3://, which there is its own connector.
        "fs.s3.impl": _S3A,
        "fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
        "fs.s3a.impl": _S3A,
        "fs.s3a.endpoint": environ["AWS_ENDPOINT_URL"],
        "fs.s3a.endpoint.region": environ["AWS_DEFAULT_REGION"],
        "fs.s3a.path.style.access": "true",
        "fs.s3a.connection.ssl.enabled": "false",
        "fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "fs.s3a.access.key": environ["AWS_ACCESS_KEY_ID"],
        "fs.s3a.secret.key": environ["AWS_SECRET_ACCESS_KEY"],
        "fs.s3a.buffer.dir": environ["TMPDIR"],
        "fs.s3a.directory.marker.retention": "keep",
        # The store is on this machine: what fails twice will not heal by waiting minutes.
        "fs.s3a.attempts.maximum": "3",
        "fs.s3a.retry.limit": "3",
        "mapreduce.fileoutputcommitter.algorithm.version": "2",
    }


def start_session(*, jars: Sequence[Path], driver_memory: str) -> SparkSession:
    """A session with the settings above; the Java process it needs is started if there is none."""
    builder = SparkSession.builder
    for key, value in settings(os.environ, jars=jars, driver_memory=driver_memory).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("WARN")
    return session


def make_current(session: SparkSession) -> None:
    """Let `getOrCreate()` and Spark itself take `session` for the one in use."""
    SparkSession._instantiatedSession = session  # noqa: SLF001 - what getOrCreate() looks at
    jvm = session._jvm  # noqa: SLF001
    assert jvm is not None  # noqa: S101 - a running session has its Java process
    jvm.SparkSession.setDefaultSession(session._jsparkSession)  # noqa: SLF001
    jvm.SparkSession.setActiveSession(session._jsparkSession)  # noqa: SLF001


def warm_up(session: SparkSession, scratch: Path) -> None:
    """Load and compile what every job uses, so that the first run is as quick as the next."""
    folder = str(scratch / "warm-up")
    rows = session.range(2_000).selectExpr("id", "id % 3 AS part", "to_json(struct(id)) AS line")
    rows.write.mode("overwrite").partitionBy("part").parquet(folder)
    read = session.read.parquet(folder)
    read.selectExpr("from_json(line, 'id LONG').id AS id").groupBy("id").count().count()
    _touch_store(session)


def _touch_store(session: SparkSession) -> None:
    jvm = session._jvm  # noqa: SLF001 - the only way to the Hadoop classes
    assert jvm is not None  # noqa: S101 - a running session has its Java process
    path = jvm.org.apache.hadoop.fs.Path("s3://clickstream-warm-up/none")
    with suppress(Py4JJavaError):  # no such bucket: loading the classes is all that is wanted
        path.getFileSystem(session.sparkContext._jsc.hadoopConfiguration()).exists(path)  # noqa: SLF001
