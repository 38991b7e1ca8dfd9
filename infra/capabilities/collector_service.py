"""The collector in containers: what a task is, how it ends, how many there are."""

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.capabilities.collector_network import CollectorNetwork
from infra.capabilities.collector_roles import starting_role, task_role
from infra.collector_config import WRITE_KEYS
from infra.config import Config

PORT: Final = 8080
SPOOL: Final = "/spool"
CPU: Final = 1_024
WORKERS: Final = CPU // 1_024  # a process for each vCPU
MEMORY_MB: Final = 2_048
STOP_SECONDS: Final = 120
"""From SIGTERM to SIGKILL; Fargate gives no more. The collector's own deadline lies before it."""
DRAIN_SECONDS: Final = 15
CLOSE_SECONDS: Final = 90
"""What is under way when SIGTERM comes is answered, then the producer is closed."""
SPOOL_BYTES: Final = 10 * 1024**3  # of the 20 GB that a task has, for all its workers
LEAVING_SECONDS: Final = 30
"""From the last new request to SIGTERM: what is under way is answered."""
BUSY_PERCENT: Final = 60

_PROBE: Final = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}/health', timeout=2)"


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Where events go, and with which key they are encrypted there."""

    stream: kinesis.IStream
    key: kms.IKey


class CollectorService(Construct):
    """Tasks that may put records on the one stream, read their write keys' hashes, and nothing else."""

    def __init__(
        self, scope: Construct, id_: str, *, config: Config, network: CollectorNetwork, sending: Sending
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._sending = config, sending
        self._repository = ecr.Repository.from_repository_name(self, "Repository", config.collector.repository)
        self._log_group = self._logs()
        self._cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=config.name("collector"),
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self._starting = starting_role(self, config=config, repository=self._repository, log_group=self._log_group)
        self.service = self._service(network, self._task())
        self._scale()

    def _task(self) -> ecs.FargateTaskDefinition:
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            family=self._config.name("collector"),
            cpu=CPU,
            memory_limit_mib=MEMORY_MB,
            volumes=[ecs.Volume(name="spool")],
            runtime_platform=ecs.RuntimePlatform(cpu_architecture=ecs.CpuArchitecture.X86_64),
            task_role=task_role(self, stream=self._sending.stream, key=self._sending.key),
            # CDK would add what it thinks is needed, which is more.
            execution_role=self._starting.without_policy_updates(),
        )
        container = self._container(task)
        container.add_mount_points(ecs.MountPoint(container_path=SPOOL, source_volume="spool", read_only=False))
        return task

    def _container(self, task: ecs.FargateTaskDefinition) -> ecs.ContainerDefinition:
        return task.add_container(
            "Collector",
            container_name="collector",
            image=ecs.ContainerImage.from_ecr_repository(self._repository, self._config.collector.tag),
            port_mappings=[ecs.PortMapping(container_port=PORT)],
            environment=self._variables(),
            secrets=self._secrets(),
            readonly_root_filesystem=True,
            # A process that dies is started again in the same task, and so beside its spool.
            enable_restart_policy=True,
            restart_attempt_period=cdk.Duration.seconds(60),
            stop_timeout=cdk.Duration.seconds(STOP_SECONDS),
            health_check=ecs.HealthCheck(
                command=["CMD", "python", "-c", _PROBE],
                interval=cdk.Duration.seconds(10),
                timeout=cdk.Duration.seconds(5),
                retries=3,
                start_period=cdk.Duration.seconds(30),
            ),
            logging=ecs.LogDrivers.aws_logs(stream_prefix="collector", log_group=self._log_group),
        )

    def _variables(self) -> dict[str, str]:
        collector = self._config.collector
        told = {
            "STREAM": self._sending.stream.stream_name,
            "HOST": "0.0.0.0",  # noqa: S104 - the load balancer reaches the task by its address
            "PORT": str(PORT),
            "WORKERS": str(WORKERS),
            "TRUSTED_PROXIES": "1",  # the load balancer
            "ORIGINS": collector.origins,
            "TRUNCATE_IP": str(collector.truncate_ip).lower(),
            "PARSE_USER_AGENT": str(collector.parse_user_agent).lower(),
            "DRAIN_SECONDS": str(DRAIN_SECONDS),
            "CLOSE_SECONDS": str(CLOSE_SECONDS),
            **({"SPOOL_ROOT": SPOOL, "SPOOL_BYTES": str(SPOOL_BYTES // WORKERS)} if collector.spool else {}),
            **({} if collector.write_keys is None else {"WRITE_KEYS": collector.write_keys}),
        }
        variables = {f"COLLECTOR_{name}": value for name, value in told.items()}
        return {"AWS_REGION": cdk.Aws.REGION, "LOG_LEVEL": "INFO", **variables}

    def _secrets(self) -> dict[str, ecs.Secret]:
        if self._config.collector.write_keys is not None:
            return {}
        name = self._config.parameter(WRITE_KEYS)
        parameter = ssm.StringParameter.from_string_parameter_attributes(
            self, "WriteKeys", parameter_name=name, force_dynamic_reference=False
        )
        return {"COLLECTOR_WRITE_KEYS": ecs.Secret.from_ssm_parameter(parameter)}

    def _logs(self) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/ecs/{self._config.name('collector')}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _service(self, network: CollectorNetwork, task: ecs.FargateTaskDefinition) -> ecs.FargateService:
        # How many there are is the scaling's affair: a number here would throw away what it found at each deployment.
        service = ecs.FargateService(
            self,
            "Service",
            service_name=self._config.name("collector"),
            cluster=self._cluster,
            task_definition=task,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            health_check_grace_period=cdk.Duration.seconds(60),
            assign_public_ip=False,
            vpc_subnets=network.task_subnets,
            security_groups=[network.tasks],
            platform_version=ecs.FargatePlatformVersion.VERSION1_4,
        )
        service.node.add_dependency(self._starting, task.task_role)
        return service

    def _scale(self) -> None:
        least, most = self._config.collector.tasks
        scaling = self.service.auto_scale_task_count(min_capacity=least, max_capacity=most)
        scaling.scale_on_cpu_utilization(
            "Cpu",
            target_utilization_percent=BUSY_PERCENT,
            scale_out_cooldown=cdk.Duration.seconds(30),
            scale_in_cooldown=cdk.Duration.minutes(5),
        )
