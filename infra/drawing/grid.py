"""Where each resource stands: one table, as no rule places thirty things so that their arrows stay apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from infra.assembly import Address
from infra.drawing.edges import Flow

Lane = Literal["wake", "data", "control", "live", "failure"]

COLUMN_POINTS: Final = 215
ROW_POINTS: Final = 150

WAKE, DATA, CONTROL, LIVE, FAILURE = 2.35, 0.0, -3.05, -5.9, -7.75
"""The middle of each lane, in rows; data runs to the right in the middle, what it wakes at once below."""

PLACES: Final[Mapping[str, tuple[Lane, float, float]]] = {
    "RoutingRawLandedRule": ("wake", 3, WAKE),
    "EventsGlueJobWorkflow": ("wake", 4, WAKE),
    "RoutingEventsHourlySchedule": ("wake", 5, WAKE + 0.5),
    "RoutingEventsReadyInteractionsRule": ("wake", 5, WAKE - 0.5),
    "InteractionsGlueJobWorkflow": ("wake", 6, WAKE),
    "RoutingInteractionsNightlySchedule": ("wake", 7, WAKE),
    "FunctionsAuditFailed": ("wake", 8.3, WAKE),  # all dead letters
    "FunctionsCollectorApi": ("data", 0, DATA + 1.5),
    "FunctionsCollectorFunction": ("data", 1, DATA + 1.5),
    "Events": ("data", 1, DATA),
    "RawDeliveryDeliveryStream": ("data", 2, DATA),
    "BucketsRaw": ("data", 3, DATA),
    "EventsGlueJob": ("data", 4, DATA),
    "BucketsLake": ("data", 5, DATA + 0.5),
    "BucketsQuarantine": ("data", 5, DATA - 0.5),
    "InteractionsGlueJob": ("data", 6, DATA + 0.5),
    "QueriesWorkGroup": ("data", 6, DATA - 0.5),
    "BucketsPersonalize": ("data", 7, DATA),
    "RoutingReconcileSchedule": ("control", 7, CONTROL + 0.95),
    "EventBus": ("control", 5, CONTROL),
    "RoutingDatasetReadyRule": ("control", 6, CONTROL),
    "FunctionsPersonalizeSyncFunction": ("control", 7, CONTROL),
    "RoutingItemChangedRule": ("control", 6, CONTROL - 0.95),
    "RoutingPromotedRule": ("control", 3, CONTROL - 0.95),
    "FunctionsWarmingFunction": ("control", 2, CONTROL - 0.95),
    "Features": ("live", 2, LIVE + 0.5),
    "FunctionsCatalogQueue": ("live", 6, LIVE + 0.5),
    "FunctionsCatalogFunction": ("live", 7, LIVE + 0.5),
    "FunctionsRealtimeFunction": ("live", 1, LIVE - 0.5),
    "PersonalizeAccess": ("live", 8.3, LIVE - 0.5),
    "RoutingCostRefusedRule": ("failure", 3.6, FAILURE),
    "Alerts": ("failure", 4.8, FAILURE),
    "AlarmsAuditErrors": ("failure", 6, FAILURE),
    "FunctionsAuditFunction": ("failure", 7.2, FAILURE),
    "RoutingAuditSchedule": ("failure", 8.4, FAILURE),
}
"""By the name of the first of those that are drawn as one: the lane, the column and the row."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A lane, and a point on the page in Graphviz's measure; y grows upwards."""

    lane: Lane
    x: int
    y: int


def place(flow: Flow) -> Mapping[Address, Place]:
    """A place for every resource of the flow. Raises `LookupError` that names those without one."""
    homeless = [node.address.name for node in flow.nodes if node.address.name not in PLACES]
    if homeless:
        raise LookupError(f"give {homeless} a place in {__name__}")
    return {node.address: _place(*PLACES[node.address.name]) for node in flow.nodes}


def _place(lane: Lane, column: float, row: float) -> Place:
    return Place(lane=lane, x=round(column * COLUMN_POINTS), y=round(row * ROW_POINTS))
