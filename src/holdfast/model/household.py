"""Which addresses belong to one and the same: whoever has one address of IPv6 has all of its network. Pure."""

from ipaddress import IPv6Address, IPv6Network
from typing import Final

_OF_ONE: Final = 64


def household(address: str) -> str:
    """What stands for all addresses that whoever has this one can take; what isn't an address, for itself."""
    try:
        read = IPv6Address(address)
    except ValueError:
        return address
    return str(IPv6Network((int(read) >> _OF_ONE << _OF_ONE, _OF_ONE)))
