"""Filters: checked when they are made, against the datasets that their group has then."""

from __future__ import annotations

from personalize_local.control.checks import refuse_in_use, refuse_over_most, require_settled
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.group_data import schemas_of_group
from personalize_local.control.removing import remove
from personalize_local.control.running import unfinished
from personalize_local.emulator import Emulator
from personalize_local.filters.checking import check, fields
from personalize_local.filters.grammar import parse
from personalize_local.filters.model import Filter, FilterError
from personalize_local.limits import MAX_FIELDS_OF_ALL_FILTERS, MAX_FIELDS_OF_FILTER, MAX_FILTERS
from personalize_local.operations import operation
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import InvalidInputException, LimitExceededException

KIND = "filter"


@operation("CreateFilter")
def create_filter(
    emulator: Emulator, *, name: str, dataset_group_arn: str, filter_expression: str, tags: Tags | None = None
) -> Answer:
    group = emulator.resources.get(dataset_group_arn, "dataset-group")
    status = emulator.resources.status(group)
    if status != ACTIVE:  # the operation models no ResourceInUseException
        raise InvalidInputException(f"{group.arn} is not in a valid state: its status is {status}.")
    parsed = _parsed(emulator, group, filter_expression)
    refuse_over_most(emulator, KIND, MAX_FILTERS, group=group.arn)
    _refuse_too_many_fields(emulator, group, parsed)
    body = {"datasetGroupArn": group.arn, "filterExpression": filter_expression}
    created = new(emulator, KIND, name, body, group=group.arn, parent=group.arn, tags=tags)
    return {"filterArn": add(emulator, created).arn}


@operation("DescribeFilter")
def describe_filter(emulator: Emulator, *, filter_arn: str) -> Answer:
    return described(emulator, "DescribeFilter", emulator.resources.get(filter_arn, KIND))


@operation("ListFilters")
def list_filters(
    emulator: Emulator,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, group=dataset_group_arn)
    return listed(emulator, "ListFilters", found, next_token, max_results)


@operation("DeleteFilter")
def delete_filter(emulator: Emulator, *, filter_arn: str) -> None:
    resource = emulator.resources.get(filter_arn, KIND)
    require_settled(emulator, resource)
    jobs = unfinished(emulator, "batch-inference-job", "batch-segment-job", group=resource.group)
    refuse_in_use(resource, (job for job in jobs if job.body.get("filterArn") == filter_arn))
    remove(emulator, resource)


def _parsed(emulator: Emulator, group: Resource, expression: str) -> Filter:
    try:
        parsed = parse(expression)
        check(parsed, schemas_of_group(emulator, group.arn))
    except FilterError as error:
        raise InvalidInputException(str(error)) from error
    return parsed


def _refuse_too_many_fields(emulator: Emulator, group: Resource, parsed: Filter) -> None:
    own = fields(parsed)
    if len(own) > MAX_FIELDS_OF_FILTER:
        raise LimitExceededException(
            f"Could not create filter. It has {len(own)} distinct fields; at most {MAX_FIELDS_OF_FILTER} are allowed."
        )
    others = (fields(parse(each.body["filterExpression"])) for each in emulator.resources.of(KIND, group=group.arn))
    together = own.union(*others)
    if len(together) > MAX_FIELDS_OF_ALL_FILTERS:
        raise LimitExceededException(
            f"Could not create filter. All filters of the group would have {len(together)} distinct fields; "
            f"at most {MAX_FIELDS_OF_ALL_FILTERS} are allowed."
        )
