"""The local stage has a write key of its own, until somebody gives it others."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.config import STAGES
from infra.local.write_keys import LOCAL_KEY, put_write_keys

pytestmark = pytest.mark.unit


class FakeSsm:
    """Parameters by name."""

    def __init__(self, code: str = "ParameterAlreadyExists") -> None:
        self.values: dict[str, str] = {}
        self._code = code

    def put_parameter(self, **asked: Any) -> None:
        if asked["Name"] in self.values and not asked["Overwrite"]:
            raise ClientError({"Error": {"Code": self._code, "Message": ""}}, "PutParameter")
        self.values[asked["Name"]] = asked["Value"]


def test_the_hash_of_the_local_key_is_where_the_function_looks_for_it() -> None:
    ssm, config = FakeSsm(), STAGES["local"]

    put_write_keys(ssm, deployment=config.deployment)

    sha256 = hashlib.sha256(LOCAL_KEY.encode()).hexdigest()
    wanted = config.settings()["setting:collector_write_keys_parameter"]
    assert {name: json.loads(value) for name, value in ssm.values.items()} == {
        wanted: [{"name": "local", "sha256": sha256}]
    }


def test_keys_that_are_there_stay() -> None:
    ssm = FakeSsm()
    ssm.values["/clickstream-local/collector-write-keys"] = "mine"

    put_write_keys(ssm, deployment="clickstream-local")

    assert ssm.values == {"/clickstream-local/collector-write-keys": "mine"}


def test_any_other_trouble_is_told() -> None:
    ssm = FakeSsm(code="AccessDeniedException")
    ssm.values["/clickstream-local/collector-write-keys"] = "mine"

    with pytest.raises(ClientError, match="AccessDenied"):
        put_write_keys(ssm, deployment="clickstream-local")
