"""The egress guard: which addresses an outgoing connection may reach.

It is asked by the connector with the very address that is about to be connected (``socket_factory``), so literal
addresses, names that resolve to something else than before, and every redirect pass through it. An IPv6 address that
only wraps an IPv4 one (mapped, NAT64) counts as what it wraps; tunnels (6to4, Teredo) are closed. What isn't allowed is
a ``PermissionError``, before any packet leaves.
"""

import errno
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, Literal

Reach = Literal["public", "loopback", "all"]
Address = IPv4Address | IPv6Address

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
    """``public``: only addresses of the open internet; ``loopback``: these and this machine's; ``all``: anything."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach

    def allows(self, address: str) -> bool:
        """Whether a connection to this literal address may be made."""
        if self.reach == "all":
            return True
        try:
            parsed = _unwrapped(ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        return is_public(parsed) or (self.reach == "loopback" and parsed.is_loopback)

    def socket_for(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for the connector, made only when the address of ``info`` is allowed."""
        family, kind, protocol, _, target = info
        if family not in (socket.AF_INET, socket.AF_INET6) or not self.allows(str(target[0])):
            raise PermissionError(errno.EACCES, "the address is not open to outgoing requests")
        return socket.socket(family, kind, protocol)


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


def _unwrapped(address: Address) -> Address:
    """A mapped address is the IPv4 address to the system that connects it."""
    return address if isinstance(address, IPv4Address) or address.ipv4_mapped is None else address.ipv4_mapped
