"""Addresses: every form, and rules that never tell a part of the URL."""

from __future__ import annotations

import pytest

from holdfast.model.errors import Invalid
from holdfast.settings import load
from holdfast.streams.address import Address, Login

SECRET = "s3cr3t/word"
ESCAPED = "s3cr3t%2Fword"


def test_one_server() -> None:
    assert Address.parse("redis://cache") == Address("single", (("cache", 6379),))
    assert Address.parse("redis://cache:7000/3") == Address("single", (("cache", 7000),), database=3)
    assert Address.parse("redis://[::1]:7000/").endpoints == (("::1", 7000),)
    assert Address.parse(f"redis://:{ESCAPED}@cache").login == Login("", SECRET)
    assert Address.parse(f"redis://me:{ESCAPED}@cache").login == Login("me", SECRET)


def test_tls() -> None:
    assert Address.parse("rediss://cache").tls == ()
    url = "rediss://cache?ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=false"
    assert Address.parse(url).tls == (("ssl_ca_certs", "/etc/ca.pem"), ("ssl_check_hostname", False))
    assert dict(Address.parse("rediss://cache?ssl_cert_reqs=none").tls or ()) == {
        "ssl_cert_reqs": "none", "ssl_check_hostname": False,
    }  # fmt: skip
    assert Address.parse("redis://cache").tls is None


def test_a_socket() -> None:
    assert Address.parse("unix:///run/redis.sock") == Address("unix", path="/run/redis.sock")
    address = Address.parse(f"unix://me:{ESCAPED}@/run/redis.sock?db=4")
    assert (address.path, address.database, address.login) == ("/run/redis.sock", 4, Login("me", SECRET))


def test_sentinels() -> None:
    address = Address.parse(
        f"rediss+sentinel://me:{ESCAPED}@a,b:7000/orders/2?sentinel_password={ESCAPED}&ssl_ca_certs=ca.pem"
    )
    assert address == Address(
        "sentinel", (("a", 26379), ("b", 7000)), service="orders", database=2, login=Login("me", SECRET),
        sentinel_login=Login("", SECRET), tls=(("ssl_ca_certs", "ca.pem"),),
    )  # fmt: skip


def test_a_cluster() -> None:
    assert Address.parse("redis+cluster://a,b:7000").endpoints == (("a", 6379), ("b", 7000))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"redis://me:{ESCAPED}@cache:7000/3", "redis://cache:7000/3"),
        (f"rediss://:{ESCAPED}@[::1]", "rediss://[::1]:6379/0"),
        (f"unix://:{ESCAPED}@/run/redis.sock?db=4", "unix:///run/redis.sock?db=4"),
        (
            f"redis+sentinel://:{ESCAPED}@a,b/orders?sentinel_password={ESCAPED}",
            "redis+sentinel://a:26379,b:26379/orders/0",
        ),
        (f"rediss+cluster://:{ESCAPED}@a,b:7000", "rediss+cluster://a:6379,b:7000"),
    ],
)
def test_shown_and_printed_without_credentials(url: str, shown: str) -> None:
    address = Address.parse(url)
    assert address.shown() == shown
    assert SECRET not in repr(address)
    assert ESCAPED not in repr(address)


WRONG = [
    ("http://:hunter2@cache", "expected redis://"),
    ("redis+other://:hunter2@cache", "expected redis://"),
    ("redis+://:hunter2@cache", "expected redis://"),
    (":hunter2@cache", "expected redis://"),
    ("redis://:hunter2@", "expected host"),
    ("redis://:hunter2@cache:0", "between 1 and 65535"),
    ("redis://:hunter2@cache:70000", "between 1 and 65535"),
    ("redis://:hunter2@cache:port", "between 1 and 65535"),
    ("redis://hunter2@cache", "user:password@"),
    ("redis://:hunter2@cache/first", "database number"),
    ("redis://:hunter2@cache/-1", "database number"),
    ("redis://:hunter2@cache/0/1", "one database number"),
    ("redis://:hunter2@a,b", "redis+sentinel://"),
    ("redis://:hunter2#x@cache", "%23"),
    ("redis://:hunter2@cache?ssl_ca_certs=x", "rediss"),
    ("rediss://cache?password=hunter2", "ssl_ca_certs"),
    ("rediss://cache?hunter2", "ssl_ca_certs"),
    ("rediss://:hunter2@cache?ssl_cert_reqs=maybe", "none, optional, required"),
    ("rediss://:hunter2@cache?ssl_check_hostname=maybe", "true or false"),
    ("unix://:hunter2@host/run/redis.sock", "three slashes"),
    ("unix://:hunter2@", "three slashes"),
    ("unix:///run/redis.sock?hunter2=1", "may be db"),
    ("redis+sentinel://:hunter2@a,b", "name of the Sentinels' service"),
    ("redis+sentinel://user:123/hunter2@host:26379", "%2F"),
    ("redis+sentinel://:123/hunter2@a,b/orders/0", "%2F"),
    ("redis+sentinel://user:1/hunter2%40a/0", "%2F"),
    ("unix:///sock:hunter2@x", "%2F"),
    ("unix://:/hunter2@/run/redis.sock", "three slashes|%2F|expected"),
    ("redis+cluster://:hunter2@a/1", "no database numbers"),
    ("redis://[::1:hunter2", "expected"),
]


@pytest.mark.parametrize(("url", "rule"), WRONG)
def test_a_wrong_one_is_told_by_its_rule(url: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule.replace("+", r"\+")) as told:
        Address.parse(url)
    assert "hunter2" not in str(told.value)


def test_settings_tell_the_rule() -> None:
    with pytest.raises(Invalid) as told:
        load(redis_url="redis://:hunter2@cache/first")
    assert [(problem.path, problem.message) for problem in told.value.problems] == [
        ("HOLDFAST_REDIS_URL", "a database number is 0 or greater")
    ]
    assert "hunter2" not in str(told.value)
    assert load(redis_url="redis+cluster://a,b").redis_url is not None
