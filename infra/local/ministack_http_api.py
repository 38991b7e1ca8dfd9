"""HTTP APIs where ministack serves them: a preflight goes to its route, unless the API has rules for it of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infra.local import patches

_GATEWAY: Final = "ministack.services.apigateway:"
_SCOPED: Final = f"{_GATEWAY}_handle_execute_in_scope"


def install() -> None:
    """ministack answers every OPTIONS itself, and without rules with 403; AWS routes it as any other request."""
    execute = patches.get(_SCOPED)

    async def routed(*request: Any) -> Any:
        api_id, _, path, method, headers, body, query_params, account, region, *query = request
        route = _preflight_route(api_id, method, path)
        if route is None:
            return await execute(*request)
        lowered = {name.lower(): value for name, value in headers.items()}
        return await patches.get(f"{_GATEWAY}_invoke_lambda_proxy")(
            _integration(api_id, route),
            *(*request[:4], lowered, body, query_params, route["routeKey"]),
            owner_account_id=account,
            owner_region=region,
            raw_query_string=query[0] if query else None,
        )

    patches.replace(_SCOPED, routed)


def _preflight_route(api_id: str, method: str, path: str) -> Mapping[str, Any] | None:
    """The route that a preflight takes on AWS: one without an authorizer, of an API without a CORS configuration."""
    api = patches.get(f"{_GATEWAY}_apis").get(api_id) or {}
    if method != "OPTIONS" or not api or api.get("corsConfiguration"):
        return None
    route: Mapping[str, Any] | None = patches.get(f"{_GATEWAY}_match_route")(api_id, method, path)
    if route is None or route.get("authorizationType") not in (None, "NONE") or not _integration(api_id, route):
        return None
    return route


def _integration(api_id: str, route: Mapping[str, Any]) -> Mapping[str, Any]:
    """What answers the route, where that is a function; else nothing."""
    target = str(route.get("target", "")).rpartition("/")[2]
    found: Mapping[str, Any] = patches.get(f"{_GATEWAY}_integrations").get(api_id, {}).get(target) or {}
    return found if found.get("integrationType") == "AWS_PROXY" else {}
