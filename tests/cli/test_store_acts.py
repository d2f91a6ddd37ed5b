"""What commands do in the store itself stands in the audit log; and an owner's key can be had again."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from typing import Any

import pytest

from holdfast.cli.first_owner import add_person, ensure_owner, reset_person
from holdfast.cli.secret_rotation import rotate
from holdfast.compose import open_store
from holdfast.model.audit import INSTANCE
from holdfast.model.errors import Invalid
from holdfast.ports import Store
from holdfast.settings import Settings, load
from tests.http.people import ADA, PASSWORD


@pytest.fixture
def settings(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "a key that is long enough for this instance")
    monkeypatch.delenv("HOLDFAST_API_KEY", raising=False)
    return load(database_url=sqlite_url)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    opened = await open_store(settings)
    await opened.migrate()
    yield opened
    await opened.close()


async def acts(store: Store, tenant: str) -> list[Any]:
    return [entry.act for entry in await store.read_audit(tenant, 0, 100)]


async def test_each_command_is_recorded_in_the_logs_of_the_instance_and_of_whom_it_concerns(
    settings: Settings, store: Store
) -> None:
    assert await ensure_owner(settings, "ci") is not None
    assert await add_person(settings, ADA, "Ada", PASSWORD) is not None
    assert await add_person(settings, ADA, "Ada", PASSWORD) is None
    await reset_person(settings, ADA, "another long password")
    await rotate(settings)
    told = ["keys.owner", "users.add_owner", "users.reset"]
    assert [act.action for act in await acts(store, "default")] == told
    everything = await acts(store, INSTANCE)
    assert [act.action for act in everything] == [*told, "secrets.rotate"]
    assert {(act.actor_kind, act.actor) for act in everything} == {("store", getpass.getuser())}
    assert everything[2].detail == {"user": ADA, "one_time_codes_taken_away": False}
    assert "password" not in str(everything)


async def test_an_owners_key_can_be_had_again_when_nobody_is_an_admin_of_the_instance(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await ensure_owner(settings, "ci")
    assert await ensure_owner(settings, "ci") is None
    (key,) = await store.list_api_keys("default")
    await store.revoke_api_key("default", key.id, await store.clock())
    monkeypatch.setenv("HOLDFAST_API_KEY", str(first))
    with pytest.raises(Invalid, match="is no admin of the instance"):
        await ensure_owner(settings, "ci")
    monkeypatch.delenv("HOLDFAST_API_KEY")
    again = await ensure_owner(settings, "ci")
    assert again not in (None, first)
