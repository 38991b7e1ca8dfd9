"""The settings of each stage: the only place where local, dev and prod differ."""

from dataclasses import dataclass, field
from typing import Final, Literal

from infra.collector_config import WRITE_KEYS, CollectorConfig
from infra.local_differences import LEFT_OUT

Stage = Literal["local", "dev", "prod"]
LakePartition = Literal["day", "month"]
InteractionsSource = Literal["bulk", "stream", "both"]

SETTINGS: Final = tuple(
    f"setting:{name}"
    for name in (
        *("bus", "gate", "interactions_source", "lake_partition", "monthly_cap", "poll_seconds"),
        *("put_events_per_second", "stage", "warming_calls_per_second"),
        *("collector_origins", "collector_parse_user_agent", "collector_truncate_ip"),
        *("collector_write_keys", "collector_write_keys_parameter"),
    )
)
"""What data files may ask for, by placeholder: the keys of `Config.settings`."""

ON_DEMAND_SHARDS: Final = 4
"""An on-demand stream starts with so many; docs/scaling.md says what to do when it has grown."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of one deployment; durations carry their unit in the name."""

    stage: Stage
    keep_data: bool
    stream_shards: int | None = None  # None: on demand
    stream_retention_hours: int = 48
    lake_partition: LakePartition = "day"  # month suits long thin histories: a file a partition
    gate: str = ""  # thresholds of the quality gate that are not the usual ones: "max_psi=0.3,warn=volume"
    interactions_source: InteractionsSource = "both"  # how interactions reach Personalize
    put_events_quota: int = 1_000  # PutEvents calls a second that Personalize grants the account
    monthly_cap_usd: int = 600  # beyond it nothing is created, and the budget tells
    poll_seconds: float = 5.0  # between two looks at what Personalize is making
    warming_calls_per_second: float = 10  # after a promotion: the campaign's own shoppers hardly notice
    # S3 rounds each of these up to the next midnight UTC: 25 + 1 + 3 + 1 is 30 days to the last byte.
    raw_days: int = 25
    noncurrent_days: int = 3
    log_days: int = 30
    query_scan_limit_bytes: int = 10 * 1024**3
    alert_email: str | None = None
    collector: CollectorConfig = field(default_factory=CollectorConfig)
    left_out: frozenset[str] = frozenset()  # resource types the endpoint does not know

    def __post_init__(self) -> None:
        if self.stream_retention_hours not in range(24, 8_761):
            raise ValueError("stream_retention_hours: Kinesis keeps records from 24 to 8760 hours")
        if self.stream_shards is not None and self.stream_shards < 1:
            raise ValueError("stream_shards: at least 1, or None for an on-demand stream")
        if self.put_events_quota < (self.stream_shards or ON_DEMAND_SHARDS):
            raise ValueError("put_events_quota: less than one call a second for each shard")
        if self.monthly_cap_usd < 1 or self.poll_seconds <= 0 or self.warming_calls_per_second <= 0:
            raise ValueError("monthly_cap_usd: at least 1; poll_seconds, warming_calls_per_second: more than 0")
        if self.raw_days + self.noncurrent_days > 28:  # noqa: PLR2004 - explained at raw_days
            raise ValueError("raw_days + noncurrent_days: raw and quarantined events must be gone in 30 days")

    def name(self, part: str) -> str:
        """The physical name of a part of this deployment."""
        return f"clickstream-{self.stage}-{part}"

    def parameter(self, part: str) -> str:
        """The name of a parameter of SSM that belongs to this deployment."""
        return f"/{self.deployment}/{part}"

    @property
    def deployment(self) -> str:
        """The physical name of what there is one of: the bus, the workgroup."""
        return f"clickstream-{self.stage}"

    def settings(self) -> dict[str, str]:
        """What data files may ask for, by placeholder."""
        # Nobody here could see an empty argument arrive on Glue, so the usual gate has a name.
        return {
            "setting:bus": self.deployment,
            "setting:gate": self.gate or "default",
            "setting:interactions_source": self.interactions_source,
            "setting:lake_partition": self.lake_partition,
            "setting:monthly_cap": str(self.monthly_cap_usd),
            "setting:poll_seconds": str(self.poll_seconds),
            # Each shard has a consumer of its own, and none knows how much the others send.
            "setting:put_events_per_second": str(self.put_events_quota // (self.stream_shards or ON_DEMAND_SHARDS)),
            "setting:stage": self.stage,
            "setting:warming_calls_per_second": str(self.warming_calls_per_second),
            **self._collector_settings(),
        }

    def _collector_settings(self) -> dict[str, str]:
        collector = self.collector
        return {
            "setting:collector_origins": collector.origins,
            "setting:collector_parse_user_agent": str(collector.parse_user_agent).lower(),
            "setting:collector_truncate_ip": str(collector.truncate_ip).lower(),
            "setting:collector_write_keys": collector.write_keys or "",
            "setting:collector_write_keys_parameter": "" if collector.write_keys else self.parameter(WRITE_KEYS),
        }

    @property
    def database(self) -> str:
        """The Glue database; SQL takes no hyphens without quotes."""
        return f"clickstream_{self.stage}"


STAGES: dict[Stage, Config] = {
    "local": Config(
        stage="local",
        keep_data=False,
        stream_shards=1,
        poll_seconds=0.2,
        warming_calls_per_second=200,
        left_out=frozenset(LEFT_OUT),
    ),
    "dev": Config(stage="dev", keep_data=False),
    "prod": Config(stage="prod", keep_data=True, log_days=365),
}
