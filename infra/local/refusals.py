"""Refuses the services of which ministack says they worked when nothing ran."""

from typing import Any, Final

from infra.local import patches

Response = tuple[int, dict[str, str], bytes]

_HANDLERS: Final = "ministack.app:SERVICE_HANDLERS"
# EMR's steps would be COMPLETED without having run.
_EMR: Final = "elasticmapreduce"
_EMR_RUNS: Final = ("RunJobFlow", "AddJobFlowSteps")


def install() -> None:
    """Put a refusal in front of what EMR would only pretend to run."""
    handlers = patches.get(_HANDLERS)
    emr = handlers[_EMR]

    async def refusing(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action in _EMR_RUNS:
            message = f"{action}: the local endpoint runs no EMR steps; run the step by spark-submit"
            refusal: Response = patches.get("ministack.core.responses:error_response_json")(
                "InvalidRequestException", message, 400
            )
            return refusal
        answer: Response = await emr(method, path, headers, body, query)
        return answer

    handlers[_EMR] = refusing
