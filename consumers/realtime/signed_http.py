"""PutEvents as one signed HTTP call, for a quarter of the CPU that a client of boto3 takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError
from botocore.httpsession import get_cert_path
from botocore.parsers import create_parser
from botocore.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from consumers.clock import Clock
from contract.errors import ConfigurationError
from contract.sigv4 import Signer

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 4.0
_SERVICE = "personalize-events"
_FIRST_ERROR = 300
_answers: Any = create_parser("rest-json")  # its stubs do not know that PutEvents answers nothing
_once = Retry(total=False)  # nor is a redirect followed: the signature is for one address


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPersonalizeEvents:
    """As boto3's client of personalize-events for `put_events`, which raises botocore's errors; each call is made once.

    `credentials` are botocore's, which renew themselves, or None where it found none.
    """

    pool: HTTPConnectionPool
    signer: Signer
    credentials: Any
    clock: Clock

    @classmethod
    def of_session(
        cls, session: Any, *, connections: int, clock: Clock, endpoint_url: str | None = None
    ) -> SignedPersonalizeEvents:
        """Address, region, credentials and certificates are those that botocore's `session` would use.

        Raises `ConfigurationError` where a proxy stands between: none is spoken to.
        """
        meta = session.create_client(_SERVICE, endpoint_url=endpoint_url).meta
        url = f"{meta.endpoint_url.rstrip('/')}/events"
        if urlsplit(url).scheme in get_environ_proxies(url):
            raise ConfigurationError(f"put events: goes through no proxy; name {urlsplit(url).hostname} in NO_PROXY")
        return cls(
            pool=_pool(url, connections, get_cert_path(_certificates(session))),
            signer=Signer.of_url(url, region=meta.region_name, service=meta.service_model.signing_name),
            credentials=session.get_credentials(),
            clock=clock,
        )

    def put_events(self, **arguments: Any) -> None:
        """Raises `ClientError` for what Personalize answered, and `HTTPClientError` where it did not answer."""
        if self.credentials is None:
            raise NoCredentialsError
        body = msgspec.json.encode(arguments)
        keys = self.credentials.get_frozen_credentials()
        headers = self.signer.headers(body, keys=keys, at=self.clock.now())
        try:
            answer = self.pool.urlopen(
                "POST", self.signer.path, body, headers, retries=_once, assert_same_host=False, decode_content=False
            )
        except HTTPError as error:
            raise HTTPClientError(error=error) from error
        if answer.status >= _FIRST_ERROR:
            raise ClientError(_error(answer.status, answer.headers, answer.data), "PutEvents")


def _pool(url: str, connections: int, certificates: Any) -> HTTPConnectionPool:
    """As many connections are kept as there are threads; every certificate is verified."""
    return PoolManager(
        maxsize=connections,
        timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        cert_reqs="CERT_REQUIRED",
        ca_certs=certificates,
    ).connection_from_url(url)


def _certificates(session: Any) -> Any:
    """A file, or True for those that botocore brings."""
    return session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE") or True


def _error(status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """An answer as botocore reads it; one that it cannot read says no more than its status."""
    answer = {"status_code": status, "headers": headers, "body": body}
    try:
        return _answers.parse(answer, None)
    except (ValueError, TypeError, AttributeError):  # no UTF-8, or JSON of another shape
        return _answers.parse({**answer, "body": b""}, None)
