"""The egress guard: which addresses an outgoing connection may reach.

It is asked with the very address that is about to be connected, so literal addresses, names that resolve to something
else than before, and every redirect pass through it. An IPv6 address that only wraps an IPv4 one (mapped, NAT64) counts
as what it wraps; tunnels (6to4, Teredo) are closed. What isn't allowed is a ``PermissionError``, before any packet
leaves.

The reach is the process's; a tenant's ``Egress`` opens private networks besides, or closes all but what it names. What
it names is a host (whatever open address that has) or a network (whatever name leads there).
"""

import errno
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal

from holdfast.model.egress import Egress
from holdfast.model.secret import may_go_to

Reach = Literal["public", "loopback", "all"]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ANY: Final = Egress()

# Every block that isn't the open internet: this network, private, CGNAT, loopback, link-local, protocol assignments,
# documentation, 6to4 relays, benchmarking, multicast, reserved. Listed, because `is_global` differs between Pythons.
_CLOSED_4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# Only 2000::/3 is routed at all; of it these are protocol assignments with Teredo, documentation and 6to4.
_ROUTED_6: Final = IPv6Network("2000::/3")
_CLOSED_6: Final = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOW_32: Final = 0xFFFF_FFFF


class EgressGuard:
    """``public``: only addresses of the open internet; ``loopback``: these and this machine's; ``all``: anything.

    ``egress`` is that of the tenant on whose behalf it is connected.
    """

    def __init__(self, reach: Reach, egress: Egress = ANY) -> None:
        self.reach = reach
        self.egress = egress
        self._also = tuple(_networks(egress.also))
        self._networks = () if egress.only is None else tuple(_networks(egress.only))
        self._names = () if egress.only is None else tuple(name for name in egress.only if _network(name) is None)

    def allows(self, address: str, host: str | None = None) -> bool:
        """Whether a connection to this literal address, which ``host`` has, may be made."""
        return self.is_open(address) and self.is_meant(address, host)

    def is_open(self, address: str) -> bool:
        """Whether the network that it lies in is open, whatever it is named."""
        if self.reach == "all":
            return True
        parsed = _parsed(address)
        if parsed is None:
            return False
        parsed = _unwrapped(parsed)
        return is_public(parsed) or (self.reach == "loopback" and parsed.is_loopback) or _is_in(parsed, self._also)

    def is_meant(self, address: str, host: str | None = None) -> bool:
        """Whether the tenant's own list, if it has one, names the host or the address."""
        if self.egress.only is None:
            return True
        if host is not None and may_go_to(host.lower().removesuffix("."), self._names):
            return True
        parsed = _parsed(address)
        return parsed is not None and _is_in(_inner(parsed), self._networks)

    def socket_for(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for a connector, which knows no names; made only when the address of ``info`` is open."""
        family, kind, protocol, _, target = info
        if family not in (socket.AF_INET, socket.AF_INET6) or not self.is_open(str(target[0])):
            raise refused()
        return socket.socket(family, kind, protocol)


def refused() -> PermissionError:
    return PermissionError(errno.EACCES, "the address is not open to outgoing requests")


def reach_of(allow_private: bool | None, *, local_user: bool) -> Reach:
    """The setting's meaning: on is everything, off nothing private, unset loopback for the local single user."""
    if allow_private is None:
        return "loopback" if local_user else "public"
    return "all" if allow_private else "public"


def is_public(address: Address) -> bool:
    """Whether the address lies in the open internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & _LOW_32))
    return address in _ROUTED_6 and not any(address in network for network in _CLOSED_6)


def is_literal(host: str) -> bool:
    """Whether a host is an address already, which nobody looks up."""
    return _parsed(host) is not None


def _parsed(address: str) -> Address | None:
    try:
        return ip_address(address.partition("%")[0])
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """A mapped address is the IPv4 address to the system that connects it."""
    return address if isinstance(address, IPv4Address) or address.ipv4_mapped is None else address.ipv4_mapped


def _inner(address: Address) -> Address:
    """Who is at the other end: of an address that a NAT64 gateway translates, the IPv4 address behind it."""
    address = _unwrapped(address)
    return IPv4Address(int(address) & _LOW_32) if address in _NAT64 else address


def _network(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _networks(texts: Iterable[str]) -> Iterable[Network]:
    return (network for text in texts if (network := _network(text)) is not None)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
