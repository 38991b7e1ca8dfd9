"""The local endpoint's process: `python -m infra.local.server --port 4566 --state .local/state`."""

import argparse
import asyncio
import importlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.local.paths import LocalPaths
from infra.local.server_settings import ServerSettings

REGION = "us-east-1"


def main(argv: Sequence[str] | None = None) -> None:
    settings = _parse(argv)
    settings.state.mkdir(parents=True, exist_ok=True)
    settings.logs.mkdir(parents=True, exist_ok=True)
    os.environ.update(client_environment(settings.url) | _ministack_environment(settings))
    time.tzset()
    # ministack reads its settings from the environment while it is imported.
    serving = importlib.import_module("infra.local.serving")
    asyncio.run(serving.serve(settings))


def client_environment(url: str) -> dict[str, str]:
    """What AWS clients need to find the endpoint at `url`."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def _ministack_environment(settings: ServerSettings) -> dict[str, str]:
    return {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(settings.port),
        "MINISTACK_HOST": "127.0.0.1",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(settings.state / "ministack"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(settings.state / "s3"),
        "ATHENA_ENGINE": "duckdb",
        "LOG_LEVEL": "WARNING",
        # Glue, Athena and Firehose know no other time zone.
        "TZ": "UTC",
        # Listeners nobody here uses; MQTT's would take a port on every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def _parse(argv: Sequence[str] | None) -> ServerSettings:
    paths = LocalPaths()
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--state", type=Path, default=paths.state)
    parser.add_argument("--logs", type=Path, default=paths.logs)
    parser.add_argument("--jars", type=Path, default=paths.jars)
    parser.add_argument("--warm_spark", action="store_true", help="start the Spark process at once")
    parser.add_argument("--spark_memory", default="4g", help="memory of the Spark process")
    parser.add_argument(
        "--delivery",
        choices=["timed", "on-demand"],
        default="timed",
        help="timed: Firehose delivers when a buffer is full or old; on-demand: at POST /_clickstream/drain",
    )
    known: dict[str, Any] = vars(parser.parse_args(argv))
    timed = known.pop("delivery") == "timed"
    # The process may be started from anywhere; Spark's and ministack's threads see one place.
    settings: dict[str, Any] = {
        name: value.resolve() if isinstance(value, Path) else value for name, value in known.items()
    }
    return ServerSettings(**settings, timed_delivery=timed)


if __name__ == "__main__":
    main()
