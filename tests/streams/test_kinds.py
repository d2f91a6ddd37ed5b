"""Each kind of address carries offers, reads and news end to end, and finds its server again after a failover."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from holdfast.streams.link import Link
from tests.streams.parts import KEY, LONG, Opener, got, jobs_of, now, put, seat
from tests.support.ports import LOOPBACK
from tests.support.tls import TlsFront
from tests.support.valkey import ValkeyServer
from tests.support.valkey_groups import ValkeyCluster, Watched
from tests.support.waiting import eventually

PASSWORD = "word-of/these tests"
ESCAPED = "word-of%2Fthese%20tests"


async def carries(opener: Opener, url: str) -> None:
    """A relay and a worker meet over this address, and news travel."""
    relay, worker = await opener.streams(url), await opener.streams(url)
    read = asyncio.create_task(worker.read(seat(), now(), LONG))
    await eventually(lambda: has_seats(relay))
    assert await put(relay, "j1", queue="quick") == 1
    delivered = await asyncio.wait_for(read, 10)
    assert jobs_of(delivered) == ["j1"]
    await worker.settle(seat(), delivered, now())
    assert await relay.rung(LONG)
    heard: list[frozenset[str]] = []
    teller, _ = await opener.notifier(url, []), await opener.notifier(url, heard)
    teller.notify({"queue:default"})
    await eventually(lambda: heard == [frozenset({"queue:default"})])


async def has_seats(relay: object) -> bool:
    return bool(await relay.seats(now()))  # type: ignore[attr-defined]


async def test_a_database_number(opener: Opener, valkey_server: ValkeyServer) -> None:
    await carries(opener, valkey_server.url.removesuffix("/0") + "/5")
    assert "db5:keys" in valkey_server.command("INFO", "keyspace")
    assert "db0:" not in valkey_server.command("INFO", "keyspace")


async def test_a_password_over_tcp_and_over_a_socket(opener: Opener, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with ValkeyServer("--unixsocket", str(path), password=PASSWORD) as server:
        await carries(opener, f"redis://:{ESCAPED}@{LOOPBACK}:{server.port}/0")
        server.wipe()
        await carries(opener, f"unix://:{ESCAPED}@{path}?db=1")
        server.command("ACL", "SETUSER", "worker", "on", f">{PASSWORD}2", "~holdfast:*", "&holdfast:*", "+@all")
        server.wipe()
        await carries(opener, f"redis://worker:{ESCAPED}2@{LOOPBACK}:{server.port}/0")


async def test_a_wrong_password_is_told_without_it(opener: Opener, capfd: pytest.CaptureFixture[str]) -> None:
    with ValkeyServer(password=PASSWORD) as server:
        for login in ("", ":wr0ng@", "nobody:wr0ng@"):
            await carries_not(opener, f"redis://{login}{LOOPBACK}:{server.port}/0", "credentials")
    told = capfd.readouterr()
    assert "redis is not used" in told.out + told.err
    assert "wr0ng" not in told.out + told.err


async def test_what_is_no_such_server_is_told(opener: Opener, valkey_server: ValkeyServer) -> None:
    place = f"{LOOPBACK}:{valkey_server.port}"
    await carries_not(opener, f"redis://{place}/99", "it has no database of this number")
    await carries_not(opener, f"redis+sentinel://{place}/orders/0", "it doesn't know SENTINEL")
    speaks = await asyncio.start_server(greeting, LOOPBACK, 0)
    async with speaks:
        other = speaks.sockets[0].getsockname()[1]
        await carries_not(opener, f"redis://{LOOPBACK}:{other}/0", "it doesn't speak Redis' protocol")


async def greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server of another kind."""
    writer.write(b"220 mail.example.com ready\r\n")
    await reader.read()
    writer.close()


async def test_tls(opener: Opener, valkey_server: ValkeyServer, tmp_path: Path) -> None:
    with TlsFront(valkey_server.port, tmp_path) as front:
        await carries(opener, f"rediss://{LOOPBACK}:{front.port}/0?ssl_ca_certs={front.authority}")
        await carries_not(opener, f"rediss://{LOOPBACK}:{front.port}/0", "TLS can't be agreed on")
        valkey_server.wipe()
        await carries(opener, f"rediss://{LOOPBACK}:{front.port}/0?ssl_cert_reqs=none")


async def carries_not(opener: Opener, url: str, why: str) -> None:
    link = await opener.link(url)
    await eventually(lambda: why in str(link.trouble), message=lambda: str(link.trouble))
    assert "wr0ng" not in str(link.trouble)


async def test_sentinels_and_a_failover(opener: Opener) -> None:
    with Watched(password="words") as watched:
        await carries(opener, watched.url)
        streams, heard = await opener.streams(watched.url), list[frozenset[str]]()
        await opener.notifier(watched.url, heard)
        teller = await opener.notifier(watched.url, [])
        read = asyncio.create_task(streams.read(seat("w2"), now(), LONG))
        await eventually(watched.sees_the_replica)
        watched.master.kill()
        await asyncio.gather(read, return_exceptions=True)
        assert read.exception() is not None
        await eventually(lambda: streams.healthy and teller.healthy, timeout=20)
        assert await put(streams, "j2") + await put(streams, "j3") == 2
        assert await got(streams, seat("w2")) == ["j2", "j3"]

        def heard_now() -> bool:
            teller.notify({"queue:after"})
            return frozenset({"queue:after"}) in heard

        await eventually(heard_now)


async def test_a_cluster_whose_slot_moves(opener: Opener) -> None:
    with ValkeyCluster() as cluster:
        await carries(opener, cluster.url)
        streams = await opener.streams(f"redis+cluster://{LOOPBACK}:{cluster.nodes[0].port}")
        key = Link(cluster.url, KEY).prefix + "lead"
        owner = cluster.owner(key)
        await put(streams, "j1", queue="quick")
        target = next(node for node in cluster.nodes if node is not owner)
        cluster.move(key, target)

        async def again() -> bool:
            try:
                return bool(await put(streams, "j2"))
            except Exception:
                return False

        await eventually(again)
        assert await got(streams, seat("w2")) == ["j2"]
        assert "dbsize" not in target.command("DBSIZE")
        assert target.command("DBSIZE") != ":0"
