"""Puts ministack and our runners into one application and serves it until SIGTERM."""

import asyncio
import contextlib
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import ministack.app
import uvicorn

from infra.local import (
    athena,
    ministack_firehose,
    ministack_functions,
    ministack_glue,
    ministack_http_api,
    ministack_streams,
    patches,
    refusals,
)
from infra.local.aws_destinations import AwsDestinations
from infra.local.checkpoints import Checkpoints
from infra.local.control import Application, with_control
from infra.local.events import EventDelivery
from infra.local.faults import Faults
from infra.local.firehose import FirehoseClients, FirehoseRunner
from infra.local.functions_async import AsyncInvocations
from infra.local.glue import GlueRunner
from infra.local.jars import ensure_jars
from infra.local.ministack_faults import MinistackFaults
from infra.local.ministack_functions import InvocationCounts, MinistackFunctions
from infra.local.ministack_glue import MinistackGlue
from infra.local.ministack_queues import MappedQueues
from infra.local.ministack_streams import MinistackStreams
from infra.local.on_loop import LoopThread
from infra.local.personalize import personalize, with_personalize
from infra.local.runners import Runners
from infra.local.server_settings import ServerSettings
from infra.local.spark_process import SparkProcess
from infra.local.stream_source_runner import StreamSourceRunner
from infra.local.stream_source_shard import StepRunner
from infra.local.workflows import WorkflowRunner


async def serve(settings: ServerSettings) -> None:
    """Serve until SIGTERM or SIGINT, then stop the runners and save the state."""
    patches.check()
    loop = LoopThread()
    loop.bind()
    runners = build(settings, loop)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def stopped(server: uvicorn.Server) -> None:
        await stop.wait()
        await asyncio.to_thread(runners.close)
        await asyncio.to_thread(ministack_functions.end_all)
        server.should_exit = True

    application = with_control(
        with_personalize(ministack.app.app, personalize(settings)),
        runners,
        started=lambda: runners.begin(warm_spark=settings.warm_spark),
    )
    server = _Server(_uvicorn(application, settings))
    ending = asyncio.create_task(stopped(server))
    await server.serve()
    await ending


def build(settings: ServerSettings, loop: LoopThread) -> Runners:
    """The runners, installed in ministack but not started."""
    destinations = AwsDestinations(_client)
    events = EventDelivery(destinations=destinations)
    catalog = MinistackGlue(publish=events.publish)
    spark = SparkProcess(
        jars=ensure_jars(settings.jars),
        environ=dict(os.environ),
        log=settings.logs / "spark.log",
        memory=settings.spark_memory,
    )
    glue = GlueRunner(
        catalog=catalog, spark=spark, fetch=_fetch, scratch=settings.state / "glue", logs=settings.logs / "glue"
    )
    workflows = WorkflowRunner(triggers=catalog, glue=glue, clock=time.monotonic)
    glue.ended.append(workflows.job_ended)
    ministack_glue.install(glue, catalog)
    ministack_firehose.install()
    athena.install()
    refusals.install()
    ministack_http_api.install()
    loop.install()
    functions, counts = _functions(destinations), InvocationCounts()
    events.install(workflows=workflows, glue=glue, functions=functions)
    streams = _stream_sources(settings, destinations)
    faults = Faults()
    striking = MinistackFaults(faults)
    striking.install()
    ministack_functions.install(counts, around=striking.around)
    ministack_functions.install_async(functions.submit)
    ministack_streams.install(created=streams.notice)
    return Runners(
        firehose=_firehose(settings),
        streams=streams,
        functions=functions,
        queues=MappedQueues(),
        counts=counts,
        orders=faults,
        events=events,
        workflows=workflows,
        glue=glue,
        catalog=catalog,
        spark=spark,
        wake_ups=settings.state / "wake-ups.json",
        unanswered=settings.state / "functions.json",
    )


def _firehose(settings: ServerSettings) -> FirehoseRunner:
    return FirehoseRunner(
        clients=FirehoseClients(
            firehose=lambda: boto3.client("firehose"),
            kinesis=lambda: boto3.client("kinesis"),
            s3=lambda: boto3.client("s3"),
        ),
        checkpoints=Checkpoints(settings.state / "firehose"),
        timed=settings.timed_delivery,
    )


def _functions(destinations: AwsDestinations) -> AsyncInvocations:
    functions = MinistackFunctions()
    return AsyncInvocations(
        functions=functions, policy=functions.policy, destinations=destinations, clock=time.time, new_id=_new_id
    )


def _stream_sources(settings: ServerSettings, destinations: AwsDestinations) -> StreamSourceRunner:
    steps = StepRunner(functions=MinistackFunctions(), destinations=destinations, clock=time.time, new_id=_new_id)
    checkpoints = Checkpoints(settings.state / "stream-sources")
    return StreamSourceRunner(streams=MinistackStreams(), steps=steps, checkpoints=checkpoints, clock=time.time)


def _new_id() -> str:
    return str(uuid.uuid4())


def _client(service: str) -> Any:
    make: Callable[..., Any] = boto3.client
    return make(service)


def _fetch(uri: str, path: Path) -> None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    boto3.client("s3").download_file(bucket, key, str(path))


class _Server(uvicorn.Server):
    """Leaves the signals to `serve`, which stops the runners first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _uvicorn(application: Application, settings: ServerSettings) -> uvicorn.Config:
    """A third to a half of the CPU time a request that Hypercorn, ministack's own server, takes."""
    return uvicorn.Config(
        application,
        host="127.0.0.1",
        port=settings.port,
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
