"""Where a request comes from: the connection's peer, or what a trusted proxy says of whom it passed on.

``X-Forwarded-For`` is read from its end, past every address that is a trusted proxy itself; what stands before the
first one that isn't was said by a stranger and counts for nothing. Without a trusted proxy the header is never read.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_FORWARDED: Final = b"x-forwarded-for"
_TRUSTED: Final = "holdfast.proxies"
_FOUND: Final = "holdfast.address"
# As many proxies in a row as anybody has.
_HOPS: Final = 20


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """``10.0.0.0/8``, ``127.0.0.1`` as networks. Raises ``ValueError``."""
    return tuple(ip_network(text) for text in texts)


def trusting(scope: Any, proxies: Sequence[Network]) -> None:
    """Says, before anybody asks where a request comes from, whose word counts."""
    scope[_TRUSTED] = proxies


def address_of(scope: Any) -> str:
    """The address that a request comes from; empty where it has none (a socket in the file system)."""
    found = scope.get(_FOUND)
    if found is None:
        found = scope[_FOUND] = _address(scope, scope.get(_TRUSTED, ()))
    return str(found)


def _address(scope: Any, trusted: Sequence[Network]) -> str:
    client = scope.get("client")
    if not client:
        return ""
    found = _read(client[0])
    if found is None:
        return str(client[0])
    if not trusted or not is_among(found, trusted):
        return str(found)
    for text in _passed_on(scope["headers"]):
        said = _read(text)
        if said is None:
            break
        found = said
        if not is_among(found, trusted):
            break
    return str(found)


def _passed_on(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """The addresses that proxies wrote down, the last one first."""
    said = b",".join(value for name, value in headers if name == _FORWARDED)
    return said.decode("latin-1").rsplit(",", _HOPS)[-_HOPS:][::-1] if said else []


def is_among(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _read(text: str) -> Address | None:
    """An address, with a port or without; one of IPv4 in IPv6's clothes is that of IPv4."""
    host = text.strip().partition("%")[0]
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
