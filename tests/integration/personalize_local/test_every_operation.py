"""Every operation of the three models: served with answers that fit, or refused by name; every bound is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_local.operations import OPERATIONS
from personalize_local.wire.models import Operation, load
from personalize_local.wire.validation import compile_check
from tests.support.personalize_requests import oversteps, valid
from tests.support.personalize_shop import Requests, shop
from tests.support.personalize_world import ROLE, Refused, World

pytestmark = pytest.mark.integration

ALL: Final = {operation.name: operation for operation in load().operations}
SERVED: Final = sorted(ALL.keys() & OPERATIONS.keys())
REFUSED: Final = sorted(ALL.keys() - OPERATIONS.keys())
_PERSONALIZE_ARN = "arn:aws:personalize:us-east-1:000000000000:role/personalize"
_OF_THE_WIRE = ("1 validation error detected: ", "Value at ", "Unknown parameter ")


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Requests]:
    built = shop(tmp_path_factory.mktemp("personalize"))
    yield built
    built.world.close()


@pytest.fixture(scope="module")
def world(requests: Requests) -> World:
    return requests.world


def test_the_models_have_79_operations_and_each_is_served_or_refused() -> None:
    assert (len(ALL), set(OPERATIONS) - set(ALL)) == (79, set())
    assert REFUSED == [
        "CreateMetricAttribution",
        "DeleteMetricAttribution",
        "DescribeMetricAttribution",
        "GetActionRecommendations",
        "ListMetricAttributionMetrics",
        "ListMetricAttributions",
        "PutActionInteractions",
        "PutActions",
        "UpdateMetricAttribution",
    ]


@pytest.mark.parametrize("name", REFUSED)
def test_an_operation_that_is_not_served_is_refused_by_name(world: World, name: str) -> None:
    with pytest.raises(Refused) as caught:
        world(name, **valid(ALL[name].input))

    message = f"{name} is an operation that this emulator does not support."
    assert (caught.value.status, caught.value.code, caught.value.message) == (501, "NotSupportedException", message)


@pytest.mark.parametrize("name", SERVED)
def test_a_valid_request_gets_an_answer_that_fits_the_output(requests: Requests, name: str) -> None:
    for full in (False, True):
        request = requests.valid(ALL[name], full=full)

        answer = requests.world.answer(name, json.dumps(request).encode())

        assert answer.status == 200, (request, answer.body)
        _check_output(ALL[name], answer.body)


@pytest.mark.parametrize("name", SERVED)
def test_a_member_that_is_not_honoured_is_refused_by_name(requests: Requests, name: str) -> None:
    for member, request in requests.unsupported(ALL[name]):
        with pytest.raises(Refused) as caught:
            requests.world(name, **request)

        assert (caught.value.status, caught.value.code) == (501, "NotSupportedException")
        assert name in caught.value.message
        assert member in caught.value.message


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_bound_overstepped_by_one_is_refused(world: World, name: str) -> None:
    operation = ALL[name]
    cases = list(oversteps(operation.input, valid(operation.input)))

    wrong = [case for case in cases if not _is_refused(world, name, *case)]

    assert cases
    assert wrong == []


def test_thousands_of_bounds_are_overstepped() -> None:
    assert sum(1 for each in ALL.values() for _ in oversteps(each.input, valid(each.input))) > 3_000


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_AT_RANDOM = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_AT_RANDOM
@given(name=st.sampled_from(sorted(ALL)), body=st.binary(max_size=200))
def test_random_bytes_are_never_a_server_error(world: World, name: str, body: bytes) -> None:
    assert world.answer(name, body).status in {200, 400, 404, 409, 501}


@_AT_RANDOM
@given(data=st.data(), name=st.sampled_from(sorted(set(ALL) - {"DeleteCampaign"})))
def test_random_json_is_never_a_server_error(world: World, data: st.DataObject, name: str) -> None:
    members = st.sampled_from(sorted(ALL[name].input.members) or ["none"])
    body = data.draw(st.dictionaries(members, JSON, max_size=4) | JSON)

    assert world.answer(name, json.dumps(body).encode()).status in {200, 400, 404, 409, 501}


@_AT_RANDOM
@given(data=st.data(), name=st.sampled_from(SERVED))
def test_a_valid_request_with_one_random_member_is_never_a_server_error(
    requests: Requests, data: st.DataObject, name: str
) -> None:
    request = dict(requests.latest[name])
    if not request:
        return
    member = data.draw(st.sampled_from(sorted(request)))
    request[member] = data.draw(JSON)

    assert requests.world.answer(name, json.dumps(request).encode()).status in {200, 400, 404, 409, 501}


@pytest.mark.parametrize("number", [10**18, 10**25, 10**300, -(10**300), 1e300])
def test_a_number_as_large_as_json_has_is_never_a_server_error(requests: Requests, number: float) -> None:
    event = {"eventType": "View", "itemId": "i1", "sentAt": 1, "eventValue": number}
    put = {"trackingId": requests.arns["trackingId"], "sessionId": "s", "eventList": [event]}
    many = {**requests.valid(ALL["CreateBatchInferenceJob"], full=True), "numResults": number}

    assert requests.world.answer("PutEvents", json.dumps(put).encode()).status == 200
    assert requests.world.answer("CreateBatchInferenceJob", json.dumps(many).encode()).status == 400


def _is_refused(world: World, name: str, fault: str, request: Any) -> bool:
    answer = world.answer(name, json.dumps(request).encode())
    error = json.loads(answer.body)
    code = "InvalidNextTokenException" if fault.startswith(".nextToken:") else "InvalidInputException"
    if not isinstance(request, dict):
        return (answer.status, error["__type"]) == (400, code)
    return (answer.status, error["__type"]) == (400, code) and error["message"].startswith(_OF_THE_WIRE)


def _check_output(operation: Operation, body: bytes) -> None:
    if operation.output is None:
        assert body == b""
        return
    compile_check(operation.output)(_with_arn_for_role(operation.output, json.loads(body)), "")


def _with_arn_for_role(shape: Any, value: Any) -> Any:
    """Some outputs are modelled with a Personalize ARN for roleArn, whose input is an IAM ARN."""
    if shape.type_name == "list":
        return [_with_arn_for_role(shape.member, each) for each in value]
    if shape.type_name == "structure":
        return {name: _with_arn_for_role(shape.members[name], each) for name, each in value.items()}
    return _PERSONALIZE_ARN if shape.name == "Arn" and value == ROLE else value
