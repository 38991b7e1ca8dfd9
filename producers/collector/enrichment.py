"""What a request says of the visitor, added to its events where they do not say it themselves."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from msgspec import Struct
from msgspec.structs import replace

from contract.codec import Context, Event

_KEPT_BITS = {4: 24, 6: 48}


class Device(Struct, frozen=True):
    """A visitor's device as its user agent tells; empty where it does not."""

    kind: str = ""
    platform: str = ""


class Enrichment(Struct, frozen=True):
    """What is added is a setting; nothing by default. `user_agents` reads a User-Agent header."""

    truncated_ip: bool = False
    user_agents: Callable[[str], Device] | None = None

    def of_request(self, client_ip: str, user_agent: bytes) -> Callable[[Event], Event] | None:
        """What to do to each of the request's events; None where there is nothing to add."""
        if not self.truncated_ip and self.user_agents is None:
            return None
        device = Device()
        if self.user_agents is not None and user_agent:
            device = self.user_agents(user_agent.decode("latin-1"))
        network = truncated(client_ip) if self.truncated_ip else ""
        if not self.truncated_ip and not device.kind and not device.platform:
            return None
        return lambda event: _enriched(event, device, network, truncate=self.truncated_ip)


def truncated(ip: str) -> str:
    """The address without its last part: IPv4 to 24 bits, IPv6 to 48; empty for what is no address."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ip_network((address, _KEPT_BITS[address.version]), strict=False).network_address)


def _enriched(event: Event, device: Device, network: str, *, truncate: bool) -> Event:
    """A server that tells its visitor's address tells it whole, perhaps: it is cut as well."""
    was = event.context or Context()
    now = replace(
        was,
        device=was.device or device.kind or None,
        platform=was.platform or device.platform or None,
        ip=((truncated(was.ip) if was.ip else network) or None) if truncate else was.ip,
    )
    return event if now == was else replace(event, context=now)
