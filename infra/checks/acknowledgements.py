"""cdk-nag findings we live with, each with its reason; a test refuses one more and one unused."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What cdk-nag said: the rule, what exactly (for wildcard rules), and of which construct."""

    rule: str
    detail: str
    construct: str


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """A finding accepted; `construct` and `detail` are regular expressions that match in full."""

    rule: str
    construct: str
    detail: str = ""
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether this is a reason for that finding."""
        return (
            self.rule == finding.rule
            and re.fullmatch(self.construct, finding.construct) is not None
            and re.fullmatch(self.detail, finding.detail) is not None
        )


ACKNOWLEDGED: Final = (
    Acknowledgement(
        rule="AwsSolutions-IAM5",
        construct=r"Processing/\w+GlueJob/Role/DefaultPolicy/Resource",
        detail=r"Resource::<Buckets\w+\.Arn>/[a-z_/-]+/\*",
        reason="Objects under the prefixes that job.yaml declares; a test compares them in both directions.",
    ),
    Acknowledgement(
        rule="AwsSolutions-IAM5",
        construct=r"Processing/\w+GlueJob/Role/DefaultPolicy/Resource",
        detail=r"Resource::arn:.*:log-group:/aws-glue/\*",
        reason="Glue names its own log groups and streams below this prefix.",
    ),
    Acknowledgement(
        rule="AwsSolutions-IAM5",
        construct=r"Processing/RawDelivery/Role/DefaultPolicy/Resource",
        detail=r"Resource::<BucketsRaw\.Arn>/(events|errors)/\*",
        reason="Firehose names its objects itself; these two prefixes are all it may write.",
    ),
    Acknowledgement(
        rule="AwsSolutions-KDF1",
        construct=r"Processing/RawDelivery/DeliveryStream",
        reason="Firehose reads a stream that is encrypted with our key, and has no encryption of its own then.",
    ),
    Acknowledgement(
        rule="AwsSolutions-KDS3",
        construct=r"Data/Events/Resource",
        reason="Our own key is meant: its policy and rotation are ours, and it can be disabled in an emergency.",
    ),
    Acknowledgement(
        rule="AwsSolutions-GL1",
        construct=r"Processing/\w+GlueJob/Job",
        reason="Job logs hold counts and object names, no events; CloudWatch encrypts them with its own key.",
    ),
    Acknowledgement(
        rule="AwsSolutions-GL3",
        construct=r"Processing/\w+GlueJob/Job",
        reason="Job bookmarks are switched off: the ledger says what was read.",
    ),
    Acknowledgement(
        rule="AwsSolutions-SQS3",
        construct=r"Processing/Routing/Undelivered/Resource",
        reason="This queue is the dead-letter queue, of rules and schedules, which nag does not count as sources.",
    ),
    Acknowledgement(
        rule="AwsSolutions-SQS3",
        construct=r"Processing/Functions/\w+/Failed/Resource",
        reason="The end of invocations that failed each time, which nag does not count as sources.",
    ),
    Acknowledgement(
        rule="AwsSolutions-IAM5",
        construct=r"Processing/Functions/\w+/Role/DefaultPolicy/Resource",
        detail=r"Resource::<Buckets\w+\.Arn>/[a-z_/-]+/\*",
        reason="Objects under the prefixes that function.yaml declares; a test compares them in both directions.",
    ),
    Acknowledgement(
        rule="AwsSolutions-IAM5",
        construct=r"Processing/Functions/\w+/Role/DefaultPolicy/Resource",
        detail=r"Resource::arn:.*:personalize:.*:(\*/clickstream-prod|event-tracker/)\*",
        reason="What the reconciler makes carries the deployment's name; only trackers are named by Personalize.",
    ),
    Acknowledgement(
        rule="AwsSolutions-IAM5",
        construct=r"Processing/Functions/(Audit|PersonalizeSync)/Role/DefaultPolicy/Resource",
        detail=r"Resource::\*",
        reason="Lists of Personalize and metrics of CloudWatch know no resources; metrics are held to one namespace.",
    ),
    Acknowledgement(
        rule="AwsSolutions-IAM5",
        construct=r"Processing/PersonalizeAccess/DefaultPolicy/Resource",
        detail=r"Resource::<BucketsPersonalize\.Arn>/(interactions|items|users|batch)/\*",
        reason="Personalize reads whole folders of files, each publication in one of its own.",
    ),
    Acknowledgement(
        rule="AwsSolutions-APIG4",
        construct=r"Processing/Functions/Collector/Api/\w+",
        reason="Write keys are the function's to check, as in a container; with an issuer, events take its token, too.",
    ),
    Acknowledgement(
        rule="AwsSolutions-IAM5",
        construct=r"Collector/Containers/StartingRole/DefaultPolicy/Resource",
        detail=r"Resource::\*",
        reason="A token for ECR is one for the whole registry; the images it opens are held to one repository.",
    ),
    Acknowledgement(
        rule="AwsSolutions-ECS2",
        construct=r"Collector/Containers/Task/Resource",
        reason="Names and numbers; hashes of write keys come from SSM, or by choice as hashes, which open nothing.",
    ),
    Acknowledgement(
        rule="AwsSolutions-EC23",
        construct=r"Collector/Front/Public/Resource",
        reason="Browsers and apps of shoppers are anywhere; port 443 of the load balancer is all that is open.",
    ),
    Acknowledgement(
        rule="AwsSolutions-ELB2",
        construct=r"Collector/Front/LoadBalancer/Resource",
        reason="Its access log would keep addresses, and of the pixel the whole query, user ids included.",
    ),
    Acknowledgement(
        rule="AwsSolutions-L1",
        construct=r"Processing/Functions/\w+/Function",
        reason="Python 3.12: the packages are locked for it, and the code is tested on 3.11, one version below.",
    ),
)
