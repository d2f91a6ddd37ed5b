"""Where a request comes from: strangers can't say it themselves."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.http.addresses import address_of, networks_of, trusting
from holdfast.model.household import household

PROXIES = networks_of(["10.0.0.0/8", "127.0.0.1", "fd00::/8"])


def seen(peer: str | None, *forwarded: str, trusted: bool = True) -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope: dict[str, Any] = {"client": None if peer is None else (peer, 1), "headers": headers}
    trusting(scope, PROXIES if trusted else ())
    return address_of(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # a stranger's word
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # what the client made up stands before it
        ("10.1.1.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["6.6.6.6, 198.51.100.1, 10.2.2.2"], "198.51.100.1"),
        ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ("10.1.1.1", ["198.51.100.1, nonsense"], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.1.1.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.1.1.1", ["2001:DB8::1"], "2001:db8::1"),
        ("::ffff:10.1.1.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", [", ".join(["6.6.6.6", *["10.2.2.2"] * 30])], "10.2.2.2"),
        (None, ["198.51.100.1"], ""),
    ],
)
def test_the_last_one_that_is_no_trusted_proxy(peer: str | None, forwarded: list[str], address: str) -> None:
    assert seen(peer, *forwarded) == address


def test_without_a_trusted_proxy_the_header_counts_for_nothing() -> None:
    assert seen("127.0.0.1", "198.51.100.1", trusted=False) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "whole"),
    [("198.51.100.1", "198.51.100.1"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("", "")],
)
def test_who_has_one_address_of_ipv6_has_its_network(address: str, whole: str) -> None:
    assert household(address) == whole


def test_a_network_that_is_none() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        networks_of(["nowhere"])
