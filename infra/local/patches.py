"""Every private name of ministack that our runners replace or use, in one place, with the shape it must have.

ministack is pinned; this list is what to look at when the pin moves. `check()` runs at every start.
"""

import importlib
import inspect
from collections.abc import Callable
from typing import Any, Final

from contract.errors import ConfigurationError

VERSION: Final = "1.5.33"

# "module:name" -> its parameters, or None for a name that is data.
PRIVATE: Final[dict[str, str | None]] = {
    "ministack.app:SERVICE_HANDLERS": None,
    "ministack.core.lambda_runtime:reset": "()",
    "ministack.core.responses:json_response": "(data: dict, status: int = 200, *, "
    "content_type: str = 'application/x-amz-json-1.0') -> tuple",
    "ministack.core.responses:error_response_json": "(code: str, message: str, status: int = 400, "
    "extra: dict | None = None, *, message_key: str = 'message', "
    "content_type: str = 'application/x-amz-json-1.0') -> tuple",
    "ministack.services.apigateway:_apis": None,
    "ministack.services.apigateway:_handle_execute_in_scope": "(api_id, stage, path, method, headers, body, "
    "query_params, owner_account_id, owner_region, raw_query_string=None)",
    "ministack.services.apigateway:_integrations": None,
    "ministack.services.apigateway:_invoke_lambda_proxy": "(integration, api_id, stage, path, method, headers, body, "
    "query_params, route_key='$default', path_params=None, *, authorizer_claims=None, authorizer_scopes=None, "
    "authorizer_lambda_context=None, authorizer_iam=None, owner_account_id=None, owner_region=None, "
    "raw_query_string=None)",
    "ministack.services.apigateway:_match_route": "(api_id, method, path)",
    "ministack.services.athena:_run_duckdb": "(query, database, catalog=None)",
    "ministack.services.athena:_save_query_results": "(query_id)",
    "ministack.services.athena:_table_relation": "(table_data, files)",
    "ministack.services.athena:_executions": None,
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS": None,
    "ministack.services.eventbridge:_dispatch_to_lambda": "(arn, payload)",
    "ministack.services.eventbridge:_dispatch_to_sqs": "(spec, payload, sqs_parameters=None)",
    "ministack.services.eventbridge:_dispatch_to_sns": "(arn, payload)",
    "ministack.services.eventbridge:_pattern_event_view": "(event)",
    "ministack.services.eventbridge:_invoke_target": "(target, event, rule, view=None)",
    "ministack.services.eventbridge:_put_events": "(data, allow_aws_source=False)",
    "ministack.services.firehose:_create_delivery_stream": "(data: dict)",
    "ministack.services.firehose:_HANDLERS": None,
    "ministack.services.firehose:ingest_from_kinesis_source": "(stream_arn: str, records: list) -> None",
    "ministack.services.glue:_arn": "(resource_type, name)",
    "ministack.services.glue:_batch_stop_job_run": "(data)",
    "ministack.services.glue:_create_workflow": "(data)",
    "ministack.services.glue:_delete_workflow": "(data)",
    "ministack.services.glue:_job_runs": None,
    "ministack.services.glue:_jobs": None,
    "ministack.services.glue:_start_crawler": "(data)",
    "ministack.services.glue:_start_job_run": "(data)",
    "ministack.services.glue:_start_trigger": "(data)",
    "ministack.services.glue:_start_workflow_run": "(data)",
    "ministack.services.glue:_triggers": None,
    "ministack.services.glue:_workflow_runs": None,
    "ministack.services.glue:_workflows": None,
    "ministack.services.kinesis:_put_records": "(data)",
    "ministack.services.kinesis:_streams": None,
    "ministack.services.lambda_svc:acquire_worker": "(func_name: str, config: dict, code_zip: bytes, "
    "qualifier: str = '$LATEST', max_concurrency: int | None = None)",
    "ministack.services.lambda_svc:_create_esm": "(data: dict)",
    "ministack.services.lambda_svc:_esm_inflight": None,
    "ministack.services.lambda_svc:_esms": None,
    "ministack.services.lambda_svc:_execute_function": "(func: dict, event: dict) -> dict",
    "ministack.services.lambda_svc:_execute_function_with_config_scope": "(func: dict, event: dict) -> dict",
    "ministack.services.lambda_svc:_execution_record_for_config": "(func: dict, config: dict) -> dict",
    "ministack.services.lambda_svc:_function_config_scope_mismatch": "(config: dict) -> bool",
    "ministack.services.lambda_svc:_get_func_record_for_ref": "(function_ref: str) -> "
    "tuple[dict | None, dict | None, str]",
    "ministack.services.lambda_svc:_put_function_concurrency": "(func_name: str, data: dict)",
    "ministack.services.lambda_svc:_poll_kinesis": "()",
    "ministack.services.lambda_svc:_put_event_invoke_config": "(func_name: str, qualifier: str | None, data: dict)",
    "ministack.services.lambda_svc:invoke_async_with_retry": "(func: dict, event: dict) -> None",
    "ministack.services.lambda_svc:_update_esm": "(esm_id: str, data: dict)",
    "ministack.services.s3:_fire_s3_event": "(bucket_name: str, key: str, event_name: str, size: int = 0, "
    "etag: str = '', deletion_type: str | None = None, restore_event_data: dict | None = None, "
    "version_id: str | None = None, sequencer: str | None = None, object_extra: dict | None = None, "
    "record_extra: dict | None = None) -> None",
    "ministack.services.s3:_fire_s3_event_async": "(bucket_name: str, key: str, event_name: str, "
    "size: int = 0, etag: str = '', deletion_type: str | None = None, version_id: str | None = None, "
    "object_extra: dict | None = None, record_extra: dict | None = None) -> None",
    "ministack.services.s3:_bucket_notifications": None,
    "ministack.services.s3:_put_object": "(bucket_name: str, key: str, body: bytes, headers: dict)",
    "ministack.services.s3:_next_event_sequencer": "(event_name: str) -> str | None",
    "ministack.services.sns:_topics": None,
    "ministack.services.sqs:_delete_messages_for_esm": "(queue_url: str, receipt_handles: set[str]) -> None",
    "ministack.services.sqs:_queue_by_arn": "(arn: str) -> dict | None",
    "ministack.services.sqs:_receive_messages_for_esm": "(queue_url: str, max_number: int) -> list[dict]",
}


def problems() -> list[str]:
    """What of `PRIVATE` the installed ministack does not have as we know it."""
    found = []
    for name, signature in PRIVATE.items():
        module, _, attribute = name.partition(":")
        value = getattr(importlib.import_module(module), attribute, None)
        if value is None:
            found.append(f"{name} is gone")
        elif signature is not None and str(inspect.signature(value)) != signature:
            found.append(f"{name} is now {inspect.signature(value)}")
    return found


def check() -> None:
    """Raise `ConfigurationError` when ministack is not the one our runners were written for."""
    found = problems()
    if found:
        raise ConfigurationError(
            f"infra/local was written for ministack {VERSION}; run `make setup`. It found: {'; '.join(found)}"
        )


def get(name: str) -> Any:
    """The private thing called "module:name", which must be listed."""
    if name not in PRIVATE:
        raise KeyError(f"list {name} in infra/local/patches.py")
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def replace(name: str, value: Callable[..., Any]) -> Callable[..., Any]:
    """Put `value` in the place of "module:name", which must be listed; returns what stood there."""
    before: Callable[..., Any] = get(name)
    module, _, attribute = name.partition(":")
    setattr(importlib.import_module(module), attribute, value)
    return before
