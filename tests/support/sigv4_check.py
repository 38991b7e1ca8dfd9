"""A request's signature as botocore computes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def botocores_authorization(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    keys: Credentials,
    region: str = "us-east-1",
    service: str = "personalize",
) -> str:
    """The `Authorization` that botocore gives a POST to `url` of the headers that this one signed, at its time.

    `headers` have names in small letters.
    """
    names = re.search(r"SignedHeaders=([^,]+),", headers["authorization"])
    assert names is not None
    signed = {name: headers[name] for name in names[1].split(";") if name != "host"}  # that is read from the address
    request = AWSRequest("POST", url, headers=signed, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(keys, service, region)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    to_sign = auth.signed_headers(auth.headers_to_sign(request))
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={to_sign}, Signature={signature}"
