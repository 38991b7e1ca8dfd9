"""One of the collector's benchmark's servers, as the collector is served: `… collector_server sides:ours PORT`."""

from __future__ import annotations

import logging
import sys

from producers.collector.serving import serve

if __name__ == "__main__":
    name, port = sys.argv[1:]
    serve(
        f"tests.bench.collector_{name}",
        host="127.0.0.1",
        port=int(port),
        workers=1,
        drain_seconds=5,
        log_level=logging.WARNING,
    )
