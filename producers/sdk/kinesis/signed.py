"""The Kinesis side of `producers.sdk.stream.Stream`: own signed HTTP calls, for a quarter of the CPU of boto3."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import NoCredentialsError
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from contract.errors import ClickstreamError, ConfigurationError, TransientError
from contract.sigv4 import Keys, Signer
from producers.sdk.clock import Clock
from producers.sdk.kinesis.errors import (
    BOTOCORE_ERRORS,
    garbled,
    is_of_another_time,
    refusal,
    translated,
)
from producers.sdk.kinesis.shards import open_shards
from producers.sdk.kinesis.wire import CborWire, JsonWire, Wire
from producers.sdk.stream import Outcome, Record, Shard

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse  # urllib3 1, which some runtimes bring, has none

CONNECT_SECONDS: Final = 10.0  # also how long a new connection may take to carry the first call's 5 MB
READ_SECONDS: Final = 30.0
_SERVICE: Final = "kinesis"
_VERSION: Final = "Kinesis_20131202"
_TAKEN: Final = 200
_once = Retry(total=False)  # nor is a redirect followed: the signature is for one address


class SignedKinesis:
    """Puts records with PutRecords, one call a `put`; the service's errors come out as ours.

    `credentials` are botocore's, which renew themselves, or None where it found none. `connect` makes a pool of
    connections: one at once, and another in each child that the process forks. Where AWS refuses a call for its time,
    later ones are signed by the clock of AWS.
    """

    def __init__(  # each comes from the session
        self,
        name: str,
        *,
        connect: Callable[[], HTTPConnectionPool],
        signer: Signer,
        credentials: Any,
        clock: Clock,
        wire: Wire,
    ) -> None:
        self._name = name
        self._connect = connect
        self._signer = signer
        self._credentials = credentials
        self._clock = clock
        self._wire = wire
        self._ahead = timedelta()
        self._pool, self._process = connect(), os.getpid()

    @classmethod
    def of_session(  # the name alone has no default that could be meant
        cls,
        session: Any,
        name: str,
        *,
        connections: int,
        clock: Clock,
        endpoint_url: str | None = None,
        cbor: bool = False,
    ) -> SignedKinesis:
        """Address, region, credentials and certificates are those that botocore's `session` would use.

        `connections` are kept open: as many as there are threads. `cbor`: as AWS's Java SDK speaks, without base64.
        Raises `ConfigurationError` where botocore would make no client, or where a proxy stands between: none is
        spoken to.
        """
        try:
            meta = session.create_client(_SERVICE, endpoint_url=endpoint_url).meta
        except (*BOTOCORE_ERRORS, ValueError) as error:
            raise ConfigurationError(f"stream {name}: {error}") from error
        url = meta.endpoint_url
        if urlsplit(url).scheme in get_environ_proxies(url):
            raise ConfigurationError(
                f"stream {name}: goes through no proxy; name {urlsplit(url).hostname} in NO_PROXY, or take BotoKinesis"
            )
        wire = CborWire() if cbor else JsonWire()
        signing_name = meta.service_model.signing_name
        certificates = get_cert_path(_certificates(session))
        return cls(
            name,
            connect=lambda: _pool(url, connections, certificates),
            signer=Signer.of_url(url, region=meta.region_name, service=signing_name, content_type=wire.content_type),
            credentials=session.get_credentials(),
            clock=clock,
            wire=wire,
        )

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        if not records:  # Kinesis takes at least one
            return ()
        answer = self._ask("PutRecords", self._wire.put_records(self._name, records))
        try:
            outcomes = self._wire.outcomes(answer)
        except ValueError as error:
            raise garbled(self._name) from error
        if len(outcomes) != len(records):
            raise garbled(self._name)
        return outcomes

    def shards(self) -> Sequence[Shard]:
        return open_shards(self._name, self._list_shards)

    def _list_shards(self, fields: dict[str, str]) -> Any:
        return self._wire.read(self._ask("ListShards", self._wire.call(fields)))

    def _ask(self, operation: str, body: bytes) -> bytes:
        """The body of what was answered, where that was yes."""
        at = self._clock.now() + self._ahead
        headers = self._signer.headers(body, keys=self._keys(), at=at, more={"x-amz-target": f"{_VERSION}.{operation}"})
        try:
            answer = self._own_pool().urlopen(
                "POST", self._signer.path, body, headers, retries=_once, assert_same_host=False, decode_content=False
            )
        except HTTPError as error:
            raise TransientError(f"stream {self._name} cannot be reached: {error}") from error
        if answer.status != _TAKEN:
            raise self._refusal(answer)
        return answer.data

    def _keys(self) -> Keys:
        try:
            if self._credentials is None:
                raise NoCredentialsError
            keys: Keys = self._credentials.get_frozen_credentials()
        except BOTOCORE_ERRORS as error:
            raise translated(self._name, error) from error
        return keys

    def _own_pool(self) -> HTTPConnectionPool:
        if self._process != os.getpid():  # the connections of a forked child are its parent's
            self._pool, self._process = self._connect(), os.getpid()
        return self._pool

    def _refusal(self, answer: BaseHTTPResponse) -> ClickstreamError:
        code, message = self._said(answer)
        if is_of_another_time(code, message):
            self._set_time(answer.headers.get("date", ""))
        return refusal(self._name, code, message, answer.status)

    def _said(self, answer: BaseHTTPResponse) -> tuple[str, str]:
        """Code and message; empty where it says none in a form that can be read."""
        try:
            said = self._wire.read(answer.data)
        except ValueError:
            said = None
        fields = said if isinstance(said, dict) else {}
        code = answer.headers.get("x-amzn-errortype") or str(fields.get("__type", ""))
        message = fields.get("message") or fields.get("Message") or ""
        return code.partition(":")[0].rpartition("#")[2], str(message)

    def _set_time(self, date: str) -> None:
        try:
            theirs = parsedate_to_datetime(date)
        except ValueError:
            return
        self._ahead = theirs.replace(tzinfo=theirs.tzinfo or UTC) - self._clock.now()


def _pool(url: str, connections: int, certificates: Any) -> HTTPConnectionPool:
    """Every certificate is verified."""
    return PoolManager(
        maxsize=connections,
        timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        cert_reqs="CERT_REQUIRED",
        ca_certs=certificates,
    ).connection_from_url(url)


def _certificates(session: Any) -> Any:
    """A file, or True for those that botocore brings."""
    return session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE") or True
