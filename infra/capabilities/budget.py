"""AWS Budgets: what the account may cost in a month, and who is told when it does or will."""

from typing import Final

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from infra.config import Config

SPENT_PERCENT: Final = 80
FORECAST_PERCENT: Final = 100

_Budget = budgets.CfnBudget


def monthly_budget(scope: Construct, *, config: Config) -> None:
    """The cap of the settings as a budget of the whole account: the reconciler's resources carry no tag of ours."""
    if _Budget.CFN_RESOURCE_TYPE_NAME in config.left_out:
        return
    _Budget(
        scope,
        "Budget",
        budget=_Budget.BudgetDataProperty(
            budget_name=config.name("monthly"),
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=_Budget.SpendProperty(amount=config.monthly_cap_usd, unit="USD"),
        ),
        notifications_with_subscribers=_notifications(config.alert_email) if config.alert_email else None,
    )


def _notifications(email: str) -> list[budgets.CfnBudget.NotificationWithSubscribersProperty]:
    return [
        _Budget.NotificationWithSubscribersProperty(
            notification=_Budget.NotificationProperty(
                notification_type=kind, comparison_operator="GREATER_THAN", threshold=percent
            ),
            subscribers=[_Budget.SubscriberProperty(subscription_type="EMAIL", address=email)],
        )
        for kind, percent in (("ACTUAL", SPENT_PERCENT), ("FORECASTED", FORECAST_PERCENT))
    ]
