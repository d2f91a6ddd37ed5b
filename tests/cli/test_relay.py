"""`relay`: what it needs, how it announces itself and ends; and what every process says of Redis at its start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from holdfast.cli.announcing import shown_redis
from holdfast.settings import Settings
from tests.support.process import HoldfastProcess, run_holdfast
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually_sync


def test_a_relay_without_redis_and_postgres_names_both(sqlite_url: str, tmp_path: Path) -> None:
    done = run_holdfast("relay", settings={"HOLDFAST_DATABASE_URL": sqlite_url}, folder=tmp_path)
    assert done.returncode == 1
    assert "A relay has nothing to do here" in done.stderr
    assert "HOLDFAST_DATABASE_URL: must be a PostgreSQL database" in done.stderr
    assert "HOLDFAST_REDIS_URL: must be set" in done.stderr


def test_a_relay_waits_for_migrate_and_ends_by_a_signal(
    empty_postgres_url: str, valkey_server: ValkeyServer, tmp_path: Path
) -> None:
    settings = {"HOLDFAST_DATABASE_URL": empty_postgres_url, "HOLDFAST_REDIS_URL": valkey_server.url}
    refused = run_holdfast("relay", settings=settings, folder=tmp_path)
    assert (refused.returncode, "run `holdfast migrate`" in refused.stderr) == (1, True)
    assert run_holdfast("migrate", settings=settings, folder=tmp_path).returncode == 0
    with HoldfastProcess("relay", settings=settings, folder=tmp_path) as relay:
        eventually_sync(lambda: "relay ready" in relay.output() or relay.returncode is not None, 30, relay.output)
        assert re.search(rf"redis +{re.escape(valkey_server.url)}\n", relay.output())
        relay.terminate()
        eventually_sync(lambda: relay.returncode is not None, 30, relay.output)
        assert relay.returncode == 0, relay.output()
        assert "Traceback" not in relay.output()


def settings_with(redis: str | None, database: str = "postgresql://db/holdfast") -> Settings:
    return Settings.model_construct(
        database_url=SecretStr(database), redis_url=None if redis is None else SecretStr(redis)
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://cache:6379/0", "redis://cache:6379/0"),
        ("rediss://ada:hun@ter2@cache:6380/1?ssl_ca_certs=/ca.pem", "rediss://cache:6380/1"),
        ("unix:///run/redis.sock?password=hunter2", "unix:///run/redis.sock"),
        ("unix://ada:hunter2@/run/redis.sock?db=1", "unix:///run/redis.sock"),
        (
            "redis+sentinel://:hunter2@s1:26379,s2:26379/main/0?sentinel_password=x",
            "redis+sentinel://s1:26379,s2:26379/main/0",
        ),
    ],
)
def test_the_address_of_redis_is_shown_without_credentials(url: str, shown: str) -> None:
    assert shown_redis(settings_with(url)) == shown


def test_what_redis_is_used_for_is_said() -> None:
    assert shown_redis(settings_with(None)) == "not used"
    told = shown_redis(settings_with("redis://cache:6379/0", "sqlite:///here.db"))
    assert told.startswith("redis://cache:6379/0 (wake-ups and events only")
