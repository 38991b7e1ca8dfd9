"""Everything that the templates of the local stage may have otherwise than those of dev, and why."""

from collections.abc import Mapping
from typing import Final

LEFT_OUT: Final[Mapping[str, str]] = {
    "AWS::Budgets::Budget": "the local endpoint's CloudFormation does not know the type, and nothing costs anything",
    "AWS::Athena::NamedQuery": (
        "the local endpoint's CloudFormation does not know the type; its deployer saves the same queries by API"
    ),
    "AWS::Glue::Workflow": (
        "the local endpoint's CloudFormation does not know the type; the trigger, which holds the batching, "
        "stays and is what the local runner obeys"
    ),
}
"""Resource types that the local stage goes without."""

CHANGED: Final[Mapping[tuple[str, str], str]] = {
    ("AWS::CloudWatch::Alarm", "Dimensions"): "our own metrics carry the stage's name, which is another one here",
    ("AWS::Kinesis::Stream", "ShardCount"): (
        "one shard: the local endpoint makes one of an on-demand stream too, and this way the template says so"
    ),
    ("AWS::Kinesis::Stream", "StreamModeDetails"): "provisioned, as the shard count above asks for",
    ("AWS::Glue::Job", "DefaultArguments"): (
        "no zip of wheels for the file jobs: they run in the Python of the local endpoint, which has the same "
        "versions of the same packages, from a lock that a test holds against that of the zip"
    ),
    ("AWS::IAM::Policy", "PolicyDocument"): "no grant to fetch that zip",
    ("AWS::Lambda::Function", "Code"): (
        "no packages in the functions' zips: they run in the Python of the local endpoint, which has the same versions "
        "of the same packages, from a lock that a test holds against theirs"
    ),
    ("AWS::Lambda::Function", "Environment"): (
        "one shard has the whole quota of PutEvents, Personalize answers at once and has no other shoppers, so it is "
        "looked at several times a second, and recommendations are made ready at twenty times the pace"
    ),
}
"""Properties, by resource type, whose value differs or is there in only one of the two."""

NOT_OBEYED: Final[Mapping[tuple[str, str], str]] = {
    ("AWS::ApiGatewayV2::Stage", "DefaultRouteSettings"): (
        "the local endpoint lets every request through: what is too much is refused by the write key's own rate alone"
    ),
    ("AWS::ApiGatewayV2::Stage", "AccessLogSettings"): "the local endpoint writes no log of requests",
    ("AWS::ApiGatewayV2::Integration", "TimeoutInMillis"): "the function's own time is all that ends a request there",
    ("AWS::Lambda::Permission", "SourceArn"): "the local endpoint lets any of its services invoke any function",
}
"""Properties that stand in the templates of both, and change nothing locally."""
