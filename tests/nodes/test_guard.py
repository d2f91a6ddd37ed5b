"""The egress guard by itself: every kind of address, in each of its three modes."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.outgoing.guard import EgressGuard, reach_of

LOOPBACK = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"]
PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "::",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "100::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "172.32.0.1",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_closed_unless_all_are_open(address: str) -> None:
    assert not EgressGuard("public").allows(address)
    assert not EgressGuard("loopback").allows(address)
    assert EgressGuard("all").allows(address)


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_is_open_to_the_local_user_only(address: str) -> None:
    assert not EgressGuard("public").allows(address)
    assert EgressGuard("loopback").allows(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_open(address: str) -> None:
    assert EgressGuard("public").allows(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5", "::g"])
def test_what_is_no_literal_address_is_closed(text: str) -> None:
    assert not EgressGuard("loopback").allows(text)


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_the_address_it_maps(address: object) -> None:
    for reach in ("public", "loopback"):
        guard = EgressGuard(reach)
        assert guard.allows(f"::ffff:{address}") == guard.allows(str(address))


def test_a_socket_is_made_only_for_an_open_address() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))
    EgressGuard("loopback").socket_for(info).close()
    with pytest.raises(PermissionError):
        EgressGuard("public").socket_for(info)
    with pytest.raises(PermissionError):
        EgressGuard("loopback").socket_for((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/run/some.sock"))


@pytest.mark.parametrize(
    ("allow", "local", "reach"),
    [(None, True, "loopback"), (None, False, "public"), (True, False, "all"), (False, True, "public")],
)
def test_the_setting_decides_before_the_mode(allow: bool | None, local: bool, reach: str) -> None:
    assert reach_of(allow, local_user=local) == reach
