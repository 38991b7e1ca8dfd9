"""What the state table says of a call that failed: where, and never whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from consumers.state_table import DynamoDBState
from contract.errors import TransientError

pytestmark = pytest.mark.unit


class BusyTable:
    """boto3's Table while DynamoDB is busy."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refused(**_: Any) -> Any:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, name)

        return refused


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda state: state.get("catalog#users", "ada"), "read catalog#users: "),
        (lambda state: state.create("catalog#users", "ada", {}), "write catalog#users: "),
        (lambda state: state.delete("catalog#users", "ada"), "delete catalog#users: "),
    ],
    ids=["read", "written", "deleted"],
)
def test_an_item_that_may_be_a_user_is_not_named(call: Callable[[DynamoDBState], object], said: str) -> None:
    with pytest.raises(TransientError) as caught:
        call(DynamoDBState(BusyTable()))

    assert str(caught.value).startswith(said)
    assert "ada" not in str(caught.value)
