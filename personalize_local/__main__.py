"""`python -m personalize_local --port 4567 --data DIR`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from personalize_local.app import Application
from personalize_local.arns import Arns
from personalize_local.clock import parse_clock
from personalize_local.emulator import Settings


def main(argv: Sequence[str] | None = None) -> None:
    args = _parse(argv)
    settings = Settings(
        data=args.data,
        clock=args.clock,
        arns=Arns(region=args.region, account=args.account),
        workers=args.workers,
        s3_endpoint=args.s3_endpoint,
        seed=args.seed,
    )
    print(f"Amazon Personalize, emulated: http://127.0.0.1:{args.port}, state in {args.data}", flush=True)  # noqa: T201
    uvicorn.run(
        Application(settings, admin=args.admin),
        host="127.0.0.1",
        port=args.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=5,
    )


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m personalize_local", description="An emulator of Amazon Personalize.", allow_abbrev=False
    )
    parser.add_argument("--port", type=int, default=4567)
    parser.add_argument("--data", type=Path, required=True, help="directory of its state, made when it is not there")
    parser.add_argument("--clock", type=parse_clock, default="instant", help="instant, real or scaled:60")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--account", default="000000000000")
    parser.add_argument("--workers", type=int, default=1, help="processes that import, train and write batches")
    parser.add_argument("--s3-endpoint", help="where S3 is; default: as boto3 finds it, AWS_ENDPOINT_URL included")
    parser.add_argument("--seed", type=int, default=0, help="of exploration and of the split for metrics")
    parser.add_argument("--admin", action="store_true", help="open /_personalize/: faults to order, the clock")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
