"""An endpoint that does not stop in time is killed, and nobody is told that its state was kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.endpoint import Endpoint, EndpointError
from infra.local.paths import LocalPaths

pytestmark = pytest.mark.integration

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def test_it_is_killed_and_what_is_lost_is_said(tmp_path: Path) -> None:
    paths = LocalPaths(home=tmp_path)
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        endpoint = Endpoint(url="http://127.0.0.1:1", pid=deaf.pid, paths=paths)

        with pytest.raises(EndpointError) as raised:
            endpoint.stop(within=0.2)

        assert str(raised.value) == (
            "the local endpoint did not stop in 0.2 s and was killed: what it held in memory is lost; "
            f"see {endpoint.log}"
        )
        assert deaf.wait() == -9
