"""Campaigns: a solution version that answers, until another takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from personalize_local.control.checks import is_updating, refuse_over_most, require_active, require_settled
from personalize_local.control.creating import Tags, add, new
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.recipes import recipe_of
from personalize_local.control.removing import remove
from personalize_local.control.serving_config import check_serving
from personalize_local.control.training_start import latest_active
from personalize_local.emulator import Emulator
from personalize_local.limits import MAX_CAMPAIGNS
from personalize_local.operations import operation
from personalize_local.state.lifecycle import update
from personalize_local.state.resources import FAILED, Resource
from personalize_local.wire.errors import InvalidInputException, ResourceInUseException

KIND: Final = "campaign"
_LATEST: Final = "/$LATEST"
_KEPT: Final = ("minProvisionedTPS", "campaignConfig")


@operation("CreateCampaign")
def create_campaign(
    emulator: Emulator,
    *,
    name: str,
    solution_version_arn: str,
    min_provisioned_tps: int = 1,
    campaign_config: Mapping[str, Any] | None = None,
    tags: Tags | None = None,
) -> Answer:
    config = campaign_config or {}
    version = _deployable(emulator, solution_version_arn, config)
    refuse_over_most(emulator, KIND, MAX_CAMPAIGNS, group=version.group)
    body = {
        "solutionVersionArn": version.arn,
        "minProvisionedTPS": min_provisioned_tps,
        "campaignConfig": campaign_config,
    }
    campaign = new(emulator, KIND, name, body, group=version.group, parent=version.parent, tags=tags)
    return {"campaignArn": add(emulator, campaign).arn}


@operation("DescribeCampaign")
def describe_campaign(emulator: Emulator, *, campaign_arn: str) -> Answer:
    return described(emulator, "DescribeCampaign", emulator.resources.get(campaign_arn, KIND))


@operation("ListCampaigns")
def list_campaigns(
    emulator: Emulator,
    *,
    solution_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, parent=solution_arn)
    return listed(emulator, "ListCampaigns", found, next_token, max_results)


@operation("UpdateCampaign")
def update_campaign(
    emulator: Emulator,
    *,
    campaign_arn: str,
    solution_version_arn: str | None = None,
    min_provisioned_tps: int | None = None,
    campaign_config: Mapping[str, Any] | None = None,
) -> Answer:
    campaign = emulator.resources.get(campaign_arn, KIND)
    if emulator.resources.status(campaign) != FAILED:
        require_active(emulator, campaign)
    require_settled(emulator, campaign)
    if solution_version_arn is None and min_provisioned_tps is None and campaign_config is None:
        raise InvalidInputException("UpdateCampaign: nothing to update is given.")
    config = campaign.body["campaignConfig"] if campaign_config is None else campaign_config
    asked = solution_version_arn or _present(campaign, config or {})
    version = _deployable(emulator, asked, config or {})
    if version.parent != campaign.parent:
        raise InvalidInputException(f"{version.arn} is of another solution than {campaign_arn}: {campaign.parent}.")
    tps = min_provisioned_tps or campaign.body["minProvisionedTPS"]
    _change(emulator, campaign, solutionVersionArn=version.arn, minProvisionedTPS=tps, campaignConfig=config)
    return {"campaignArn": campaign_arn}


@operation("DeleteCampaign")
def delete_campaign(emulator: Emulator, *, campaign_arn: str) -> None:
    campaign = emulator.resources.get(campaign_arn, KIND)
    if is_updating(emulator, campaign):
        raise ResourceInUseException(f"{campaign_arn} is not in a valid state: an update of it is in progress.")
    require_settled(emulator, campaign)
    remove(emulator, campaign)


def follow_latest(emulator: Emulator, version: Resource) -> None:
    """A version became active: the campaigns that are to follow serve it from now on."""
    for campaign in emulator.resources.of(KIND, parent=version.parent):
        fields = {member: campaign.body[member] for member in _KEPT}
        if campaign.update and is_updating(emulator, campaign):
            fields |= campaign.update.fields  # what was asked for meanwhile is not lost
        if (fields["campaignConfig"] or {}).get("syncWithLatestSolutionVersion"):
            _change(emulator, campaign, **(fields | {"solutionVersionArn": version.arn}))


def _change(emulator: Emulator, campaign: Resource, **fields: Any) -> None:
    campaign.update = update(emulator.clock, KIND, fields)
    emulator.resources.changed(campaign)


def _present(campaign: Resource, config: Mapping[str, Any]) -> str:
    """What a campaign serves that is updated without naming a version."""
    if config.get("syncWithLatestSolutionVersion"):
        return f"{campaign.parent}{_LATEST}"
    return str(campaign.body["solutionVersionArn"])


def _deployable(emulator: Emulator, arn: str, config: Mapping[str, Any]) -> Resource:
    """The version that an ARN or a solution's $LATEST means."""
    follows = config.get("syncWithLatestSolutionVersion")
    if follows and not arn.endswith(_LATEST):
        raise InvalidInputException(
            f"With syncWithLatestSolutionVersion, solutionVersionArn must be <solution ARN>{_LATEST}, not {arn}."
        )
    version = _latest(emulator, arn) if arn.endswith(_LATEST) else emulator.resources.get(arn, "solution-version")
    require_active(emulator, version)
    recipe = recipe_of(version.body["recipeArn"])
    if not recipe.campaign:
        raise InvalidInputException(f"{recipe.name} is for batch segment jobs: it cannot have a campaign.")
    check_serving(emulator, recipe, config, version.group)
    return version


def _latest(emulator: Emulator, arn: str) -> Resource:
    solution = emulator.resources.get(arn.removesuffix(_LATEST), "solution")
    version = latest_active(emulator, solution.arn)
    if version is None:
        raise InvalidInputException(f"{arn}: the solution has no ACTIVE solution version.")
    return version
