"""Dataset groups: what belongs together, of a domain or custom."""

from __future__ import annotations

from personalize_local.control.checks import refuse_in_use, refuse_over_most, require_settled
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.removing import remove
from personalize_local.emulator import Emulator
from personalize_local.limits import MAX_DATASET_GROUPS
from personalize_local.operations import operation

KIND = "dataset-group"
_HOLDING = ("dataset", "event-tracker", "solution", "recommender")  # filters and deletion jobs go with it


@operation("CreateDatasetGroup")
def create_dataset_group(
    emulator: Emulator, *, name: str, role_arn: str | None = None, domain: str | None = None, tags: Tags | None = None
) -> Answer:
    refuse_over_most(emulator, KIND, MAX_DATASET_GROUPS)
    group = add(emulator, new(emulator, KIND, name, {"roleArn": role_arn, "domain": domain}, tags=tags))
    return {"datasetGroupArn": group.arn, "domain": domain}


@operation("DescribeDatasetGroup")
def describe_dataset_group(emulator: Emulator, *, dataset_group_arn: str) -> Answer:
    return described(emulator, "DescribeDatasetGroup", emulator.resources.get(dataset_group_arn, KIND))


@operation("ListDatasetGroups")
def list_dataset_groups(
    emulator: Emulator, *, next_token: str | None = None, max_results: int = MOST_OF_LIST
) -> Answer:
    return listed(emulator, "ListDatasetGroups", emulator.resources.of(KIND), next_token, max_results)


@operation("DeleteDatasetGroup")
def delete_dataset_group(emulator: Emulator, *, dataset_group_arn: str) -> None:
    group = emulator.resources.get(dataset_group_arn, KIND)
    require_settled(emulator, group)
    refuse_in_use(group, (each for kind in _HOLDING for each in emulator.resources.of(kind, group=group.arn)))
    remove(emulator, group)
    emulator.live.drop(group.arn)
