"""A flow as a Graphviz document, every node at its place."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.assembly import Address, Assembly, Resource
from infra.drawing.captions import setting, short_name
from infra.drawing.edges import Edge, Flow, Kind
from infra.drawing.grid import Lane, Place, place
from infra.drawing.groups import Grouped, group, names
from infra.drawing.ways import way, without_repeats


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a resource type is drawn: its caption, and its icon in the `diagrams` wheel."""

    caption: str
    icon: str


LOOKS: Final = {
    "AWS::ApiGatewayV2::Api": Look(caption="HTTP API", icon="aws/network/api-gateway.png"),
    "AWS::Kinesis::Stream": Look(caption="Kinesis", icon="aws/analytics/kinesis-data-streams.png"),
    "AWS::KinesisFirehose::DeliveryStream": Look(caption="Firehose", icon="aws/analytics/kinesis-data-firehose.png"),
    "AWS::S3::Bucket": Look(caption="S3", icon="aws/storage/simple-storage-service-s3.png"),
    "AWS::Glue::Job": Look(caption="Glue job", icon="aws/analytics/glue.png"),
    "AWS::Glue::Workflow": Look(caption="Glue workflow", icon="aws/analytics/glue.png"),
    "AWS::Events::EventBus": Look(
        caption="Event bus", icon="aws/integration/eventbridge-custom-event-bus-resource.png"
    ),
    "AWS::Events::Rule": Look(caption="Rule", icon="aws/integration/eventbridge-rule.png"),
    "AWS::Scheduler::Schedule": Look(caption="Schedule", icon="aws/integration/eventbridge-scheduler.png"),
    "AWS::Athena::WorkGroup": Look(caption="Athena", icon="aws/analytics/athena.png"),
    "AWS::SNS::Topic": Look(caption="SNS", icon="aws/integration/simple-notification-service-sns.png"),
    "AWS::Lambda::Function": Look(caption="Lambda", icon="aws/compute/lambda-function.png"),
    "AWS::DynamoDB::Table": Look(caption="DynamoDB", icon="aws/database/dynamodb.png"),
    "AWS::CloudWatch::Alarm": Look(caption="Alarm", icon="aws/management/cloudwatch-alarm.png"),
    "AWS::IAM::Role": Look(caption="Personalize", icon="aws/ml/personalize.png"),
    "AWS::SQS::Queue": Look(caption="SQS queue", icon="aws/integration/simple-queue-service-sqs.png"),
}
BACKGROUNDS: Final[Mapping[Lane, tuple[str, str]]] = {
    "wake": ("What wakes the jobs", "#fdeef4"),
    "control": ("What keeps Personalize up to date", "#f1f7ee"),
    "live": ("What happens at once", "#eaf3fb"),
    "failure": ("What tells of a failure", "#eef1f4"),
}
STYLES: Final[Mapping[Kind, str]] = {
    "data": 'color="#37474f" penwidth=2.4',
    "wake": 'color="#c2185b" penwidth=1.8 style=dashed',
    "failure": 'color="#78909c" penwidth=1.8 style=dashed',
}
FONT: Final = 'fontname="Liberation Sans,Arial,Helvetica,sans-serif"'
HEADER: Final = f"""digraph clickstream {{
graph [layout=neato bgcolor=white pad=0.25 splines=line outputorder=nodesfirst];
node [shape=none margin=0 {FONT} fontsize=17 fontcolor="#263238"];
edge [arrowsize=0.9];"""


def to_dot(flow: Flow, assembly: Assembly) -> str:
    """The document, the same for the same templates; icon paths are relative to the wheel's resources."""
    grouped = group(flow)
    flow, places = grouped.flow, place(grouped.flow)
    lines = [HEADER]
    lines += [_background(lane, _members(flow, places, lane)) for lane in BACKGROUNDS]
    lines += [_producers(), *_nodes(grouped, assembly, places)]
    lines += [f"producers -> {_id(entry)} [{STYLES['data']}];" for entry in _entries(flow)]
    lines += [_edge(edge, places) for edge in without_repeats(flow.edges) if not edge.dead_letter]
    lines += sorted({line for edge in flow.edges if edge.dead_letter for line in _dead_letter(edge, places)})
    return "\n".join([*lines, "}"]) + "\n"


def _members(flow: Flow, places: Mapping[Address, Place], lane: Lane) -> list[Place]:
    queues = {edge.head for edge in flow.edges if edge.dead_letter}
    return [at for address, at in places.items() if at.lane == lane and address not in queues]


def _background(lane: Lane, members: list[Place]) -> str:
    title, colour = BACKGROUNDS[lane]
    left, right = min(at.x for at in members) - 108, max(at.x for at in members) + 108
    bottom, top = min(at.y for at in members) - 78, max(at.y for at in members) + 104
    size = f"fixedsize=true width={(right - left) / 72:.2f} height={(top - bottom) / 72:.2f}"
    text = f'<<TABLE BORDER="0" CELLPADDING="7"><TR><TD>{title}</TD></TR></TABLE>>'
    shape = f'shape=box style="rounded,filled" color="{colour}" labelloc=t fontcolor="#78909c" {size}'
    return f'{lane} [pos="{(left + right) // 2},{(bottom + top) // 2}!" {shape} label={text}];'


def _entries(flow: Flow) -> Iterator[Address]:
    """What producers speak to: the stream itself, or the HTTP API."""
    entries = {"AWS::ApiGatewayV2::Api", "AWS::Kinesis::Stream"}
    return (resource.address for resource in flow.nodes if resource.type in entries)


def _id(address: Address) -> str:
    return f'"{address.stack}.{address.name}"'


def _producers() -> str:
    # They run outside the templates, wherever the clicks are.
    return f'producers [pos="0,0!" label={_picture("onprem/client/users.png", "Producers", "web, app, backend")}];'


def _nodes(grouped: Grouped, assembly: Assembly, places: Mapping[Address, Place]) -> Iterator[str]:
    for address, members in grouped.members.items():
        picture, at = _group_picture(members, assembly), places[address]
        yield f'{_id(address)} [pos="{at.x},{at.y}!" label={picture}];'


def _group_picture(members: Sequence[Resource], assembly: Assembly) -> str:
    look = LOOKS[members[0].type]
    if len(members) > 1:
        detail = "dead letters" if members[0].type == "AWS::SQS::Queue" else names(members)
        return _picture(look.icon, f"{len(members)} {look.caption}s", detail)
    title = f"{look.caption} {short_name(members[0])}".strip()
    return _picture(look.icon, title, setting(members[0], assembly))


def _picture(icon: str, title: str, detail: str) -> str:
    cells = (
        f'<TD FIXEDSIZE="TRUE" WIDTH="76" HEIGHT="76"><IMG SRC="{icon}" SCALE="TRUE"/></TD>',
        f"<TD><B>{html.escape(title)}</B></TD>",
        # Empty lines keep the icons of a row level.
        f'<TD><FONT POINT-SIZE="14" COLOR="#607d8b">{html.escape(detail) or " "}</FONT></TD>',
    )
    rows = "".join(f"<TR>{cell}</TR>" for cell in cells)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{rows}</TABLE>>'


def _edge(edge: Edge, places: Mapping[Address, Place]) -> str:
    taken = way(edge, places[edge.tail], places[edge.head], places.values())
    return f"{_id(edge.tail)} -> {_id(edge.head)} [{STYLES[edge.kind]}{taken}];"


def _dead_letter(edge: Edge, places: Mapping[Address, Place]) -> Iterator[str]:
    """One arrow from the group beside the queue: an arrow from each rule and schedule would hide the rest."""
    if places[edge.tail].lane == places[edge.head].lane:
        yield f"{places[edge.tail].lane} -> {_id(edge.head)} [{STYLES['failure']}];"
