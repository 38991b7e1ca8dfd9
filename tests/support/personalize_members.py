"""What each operation is asked with: members whose values a shape does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tests.support.personalize_world import SCHEMAS, START

if TYPE_CHECKING:
    from tests.support.personalize_shop import Requests

RECIPE: Final = "arn:aws:personalize:::recipe/"
ITEM: Final = '{"genres": "Comedy|Drama", "price": 3.5, "categoryL1": "Toys"}'
_S3: Final = {"path": "s3://bucket/path/"}


def no_more(_: Requests) -> dict[str, Any]:
    return {}


UNSUPPORTED: Final[Mapping[str, tuple[tuple[str, dict[str, Any]], ...]]] = {
    "CreateBatchInferenceJob": (
        ("THEME_GENERATION", {"batchInferenceJobMode": "THEME_GENERATION"}),
        ("kmsKeyArn", {"jobOutput": {"s3DataDestination": {**_S3, "kmsKeyArn": "arn:aws:kms:r:000000000000:key/k"}}}),
    ),
    "CreateSolution": (("performAutoML", {"performAutoML": True}),),
    "CreateDataset": (("ACTIONS", {"datasetType": "ACTIONS"}),),
    "CreateDatasetImportJob": (("metric attributions", {"publishAttributionMetricsToS3": True}),),
}
DEMANDED: Final[Mapping[str, set[str]]] = {
    "CreateSolution": {"recipeArn"},
    "UpdateSolution": {"performAutoTraining"},
    "UpdateCampaign": {"minProvisionedTPS"},
    "GetRecommendations": {"campaignArn", "userId"},
}
_BATCH: Final = {"jobInput": {"s3DataSource": _S3}, "jobOutput": {"s3DataDestination": _S3}}
_EXPLORATION: Final = {"itemExplorationConfig": {"explorationWeight": "0.2", "explorationItemAgeCutOff": "7"}}
_HPO: Final = {
    "hpoResourceConfig": {"maxNumberOfTrainingJobs": "2", "maxParallelTrainingJobs": "1"},
    "algorithmHyperParameterRanges": {
        "integerHyperParameterRanges": [{"name": "bptt", "minValue": 2, "maxValue": 32}],
        "continuousHyperParameterRanges": [],
        "categoricalHyperParameterRanges": [{"name": "recency_mask", "values": ["True"]}],
    },
}
_SOLUTION: Final = {
    "eventValueThreshold": "0.5",
    "hpoConfig": _HPO,
    "algorithmHyperParameters": {"hidden_dimension": "64"},
    "featureTransformationParameters": {"max_user_history_length_percentile": "0.9"},
    "optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"},
    "trainingDataConfig": {"includedDatasetColumns": {"ITEMS": ["GENRES", "PRICE"]}},
    "autoTrainingConfig": {"schedulingExpression": "rate(1 day)"},
}
_EVENT: Final = {
    "eventId": "e1",
    "eventType": "View",
    "eventValue": 1.5,
    "itemId": "i1",
    "sentAt": START,
    "recommendationId": "RID-1",
    "impression": ["i1", "i2"],
    "metricAttribution": {"eventAttributionSource": "mail"},
}
_FILTERED: Final = {"filterValues": {"GENRE": '"g1","g2"'}, "metadataColumns": {"ITEMS": ["GENRES"]}}
MEMBERS: Final[Mapping[str, Callable[[Requests], dict[str, Any]]]] = {
    "CreateSchema": lambda _: {"schema": SCHEMAS["Users"], "domain": "ECOMMERCE"},
    "CreateDatasetGroup": lambda _: {"domain": "VIDEO_ON_DEMAND"},
    "CreateDataset": lambda on: {
        "datasetGroupArn": on.without_users(),
        "datasetType": "uSeRs",
        "schemaArn": on.world.schema("Users", f"schema-{next(on.number)}", domain="ECOMMERCE"),
    },
    "CreateDatasetImportJob": lambda _: {
        "dataSource": {"dataLocation": "s3://bucket/rows.csv"},
        "importMode": "INCREMENTAL",
        "publishAttributionMetricsToS3": False,
    },
    "CreateDatasetExportJob": lambda _: {"jobOutput": {"s3DataDestination": _S3}, "ingestionMode": "ALL"},
    "CreateDataDeletionJob": lambda on: {
        "dataSource": {"dataLocation": "s3://bucket/users.csv"},
        "datasetGroupArn": on.arns["datasetGroupArn"],
    },
    "CreateEventTracker": lambda on: {"datasetGroupArn": on.without_tracker()},
    "CreateFilter": lambda _: {"filterExpression": 'EXCLUDE ItemID WHERE Items.GENRES IN ("g1")'},
    "CreateSolution": lambda _: {
        "performHPO": True,
        "performAutoML": False,
        "performIncrementalUpdate": False,
        "eventType": "View",
        "solutionConfig": _SOLUTION,
    },
    "UpdateSolution": lambda _: {
        "performIncrementalUpdate": False,
        "solutionUpdateConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(30 days)"}},
    },
    "CreateSolutionVersion": lambda _: {"trainingMode": "UPDATE"},
    "StopSolutionVersionCreation": lambda on: {"solutionVersionArn": on.pending_version()},
    "CreateCampaign": lambda _: {"campaignConfig": {**_EXPLORATION, "enableMetadataWithRecommendations": True}},
    "UpdateCampaign": lambda _: {"campaignConfig": {**_EXPLORATION, "enableMetadataWithRecommendations": True}},
    "CreateRecommender": lambda on: {
        "datasetGroupArn": on.arns["domainGroup"],
        "recipeArn": f"{RECIPE}aws-ecomm-recommended-for-you",
        "recommenderConfig": {**_EXPLORATION, "minRecommendationRequestsPerSecond": 2},
    },
    "UpdateRecommender": lambda _: {"recommenderConfig": {"minRecommendationRequestsPerSecond": 3}},
    "StartRecommender": lambda on: {"recommenderArn": on.recommender_to("Start")},
    "StopRecommender": lambda on: {"recommenderArn": on.recommender_to("Stop")},
    "CreateBatchInferenceJob": lambda on: {
        **_BATCH,
        "batchInferenceJobConfig": _EXPLORATION,
        "batchInferenceJobMode": "BATCH_INFERENCE",
        "solutionVersionArn": on.arns["ownVersion"],
    },
    "CreateBatchSegmentJob": lambda on: {**_BATCH, "solutionVersionArn": on.arns["whoVersion"], "filterArn": None},
    "DeleteSchema": lambda on: {"schemaArn": on.world.schema("Users", f"schema-{next(on.number)}")},
    "DeleteDatasetGroup": lambda on: {"datasetGroupArn": on.fresh_group()},
    "DeleteDataset": lambda on: {"datasetArn": on.dataset_to_delete()},
    "DeleteEventTracker": lambda on: on.new(
        "CreateEventTracker", "eventTrackerArn", datasetGroupArn=on.without_tracker()
    ),
    "DeleteFilter": lambda on: on.new(
        "CreateFilter",
        "filterArn",
        datasetGroupArn=on.arns["datasetGroupArn"],
        filterExpression='EXCLUDE ItemID WHERE Items.GENRES IN ("g2")',
    ),
    "DeleteSolution": lambda on: {
        "solutionArn": on.world.solution(on.arns["datasetGroupArn"], f"victim-{next(on.number)}")
    },
    "DeleteCampaign": lambda on: on.new("CreateCampaign", "campaignArn", solutionVersionArn=on.arns["ownVersion"]),
    "DeleteRecommender": lambda on: on.new(
        "CreateRecommender",
        "recommenderArn",
        datasetGroupArn=on.arns["domainGroup"],
        recipeArn=f"{RECIPE}aws-ecomm-popular-items-by-views",
    ),
    "PutEvents": lambda _: {"eventList": [_EVENT]},
    "PutItems": lambda on: {"datasetArn": on.arns["items"], "items": [{"itemId": "new", "properties": ITEM}]},
    "PutUsers": lambda on: {
        "datasetArn": on.arns["users"],
        "users": [{"userId": "u1", "properties": '{"age": "20s"}'}],
    },
    "GetRecommendations": lambda on: {
        **_FILTERED,
        "userId": "u1",
        "recommenderArn": None,
        "context": {"EVENT_TYPE": "View"},
        "promotions": [
            {
                "name": "sale",
                "percentPromotedItems": 20,
                "filterArn": on.arns["filterArn"],
                "filterValues": {"GENRE": '"g3"'},
            }
        ],
    },
    "GetPersonalizedRanking": lambda on: {
        **_FILTERED,
        "campaignArn": on.arns["rankCampaign"],
        "userId": "u1",
        "inputList": ["i1", "i2", "unknown"],
        "context": {"EVENT_TYPE": "View"},
    },
}
