"""The write key of the local stage: on AWS somebody puts the hashes of real ones there by hand."""

import hashlib
import json
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.collector_config import WRITE_KEYS

LOCAL_KEY: Final = "local"
"""No secret: the endpoint listens on this machine alone."""


def put_write_keys(ssm: Any, deployment: str) -> None:
    """Let `LOCAL_KEY` send events, unless this deployment has keys already."""
    hashes = [{"name": "local", "sha256": hashlib.sha256(LOCAL_KEY.encode()).hexdigest()}]
    try:
        ssm.put_parameter(Name=f"/{deployment}/{WRITE_KEYS}", Value=json.dumps(hashes), Type="String", Overwrite=False)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterAlreadyExists":
            raise
