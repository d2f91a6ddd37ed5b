"""What `doctor` says of Redis: there, away, evicting; and of offers that reach nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.cli import redis_checks as module
from holdfast.cli.redis_checks import redis_checks
from holdfast.compose import open_store
from holdfast.settings import Settings, load
from holdfast.streams.layout import namespace, prefix_of
from tests.support.ports import LOOPBACK, free_port
from tests.support.process import HoldfastProcess, run_holdfast
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually_sync

pytestmark = pytest.mark.chaos

KEY = "k" * 40


@pytest.fixture
def evicting(valkey_server: ValkeyServer) -> Iterator[ValkeyServer]:
    valkey_server.command("CONFIG", "SET", "maxmemory", "100mb")
    valkey_server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    yield valkey_server
    valkey_server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
    valkey_server.command("CONFIG", "SET", "maxmemory", "0")


def settings_for(postgres_url: str, redis: str) -> Settings:
    return load(database_url=postgres_url, redis_url=redis, secret_key=KEY)


async def prefix_on(settings: Settings) -> str:
    """What the instance's keys begin with in Redis."""
    store = await open_store(settings)
    try:
        return prefix_of(namespace(KEY, await store.identity()))
    finally:
        await store.close()


async def looked(settings: Settings) -> dict[str, tuple[str, str]]:
    """The checks by name, on a migrated store."""
    store = await open_store(settings)
    try:
        await store.migrate()
        return {check.name: (check.result, check.message) for check in await redis_checks(settings, store)}
    finally:
        await store.close()


def test_a_running_instance_with_redis_is_well(postgres_url: str, valkey_server: ValkeyServer, tmp_path: Path) -> None:
    settings = {
        "HOLDFAST_DATABASE_URL": postgres_url, "HOLDFAST_REDIS_URL": valkey_server.url, "HOLDFAST_SECRET_KEY": KEY,
    }  # fmt: skip
    prefix = asyncio.run(prefix_on(settings_for(postgres_url, valkey_server.url)))
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as up:
        eventually_sync(lambda: "1" in valkey_server.command("HLEN", f"{prefix}seats"), 40, up.output)
        done = run_holdfast("doctor", "--json", settings=settings, folder=tmp_path)
    assert done.returncode == 0, done.stdout
    told = json.loads(done.stdout)
    checks = {check["name"]: check for check in told["checks"]}
    assert told["settings"]["HOLDFAST_REDIS_URL"] == valkey_server.url
    assert checks["redis"]["message"].startswith("valkey ")
    assert {checks[name]["result"] for name in ("redis", "redis memory", "offers")} == {"ok"}
    assert "1 workers read" in checks["offers"]["message"]


async def test_redis_that_is_away_is_a_warning_without_its_password(postgres_url: str) -> None:
    told = await looked(settings_for(postgres_url, f"redis://:hunter2@{LOOPBACK}:{free_port()}/0"))
    assert told.keys() == {"redis"}
    assert told["redis"][0] == "warn"
    assert "hunter2" not in str(told)


async def test_redis_that_evicts_is_warned_of(postgres_url: str, evicting: ValkeyServer) -> None:
    told = await looked(settings_for(postgres_url, evicting.url))
    assert told["redis memory"][0] == "warn"
    assert "allkeys-lru" in told["redis memory"][1]


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ([("XADD", "stream:mail", "1-1", "o", "x")], "no group reads the stream of mail"),
        ([("ZADD", "offered:mail", "9000000000000", "job")], "the register of mail names offers that no stream holds"),
    ],
)
async def test_what_does_not_fit_together_is_told(
    commands: list[tuple[str, ...]], said: str, postgres_url: str, valkey_server: ValkeyServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(module, "_AGAIN", 0)
    settings = settings_for(postgres_url, valkey_server.url)
    prefix = await prefix_on(settings)
    valkey_server.command("SADD", f"{prefix}known", "mail")
    for name, key, *rest in commands:
        valkey_server.command(name, f"{prefix}{key}", *rest)
    told = await looked(settings)
    assert told["offers"] == ("warn", said)
