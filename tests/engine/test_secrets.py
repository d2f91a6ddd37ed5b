"""Secrets: sealed in the store, opened for the engine alone, and clear about what can't be opened."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.engine.secret_drafts import LONGEST_VALUE
from holdfast.model.errors import Invalid, NotFound, Unavailable
from holdfast.ports import SealingFailed
from tests.engine.sealing import sealing
from tests.engine.world import TENANT

VALUE = "s3cr3t-välue"


async def test_a_value_goes_in_and_is_read_by_the_engine_alone(store_url: str) -> None:
    async with sealing(store_url) as made:
        secrets = made.secrets
        kept = await secrets.put(TENANT, "STRIPE_KEY", VALUE)
        assert VALUE.encode() not in kept.sealed
        assert await secrets.values(TENANT, ["STRIPE_KEY", "OTHER"]) == {"STRIPE_KEY": VALUE}
        assert await secrets.values("another", ["STRIPE_KEY"]) == {}
        assert await secrets.values(TENANT, []) == {}


async def test_a_put_replaces_and_keeps_its_beginning(store_url: str) -> None:
    async with sealing(store_url) as made:
        secrets = made.secrets
        first = await secrets.put(TENANT, "KEY", "one")
        made.clock.move(1_000_000)
        second = await secrets.put(TENANT, "KEY", "two")
        assert (second.id, second.created_at) == (first.id, first.created_at)
        assert second.updated_at > first.updated_at
        assert await secrets.values(TENANT, ["KEY"]) == {"KEY": "two"}
        assert [secret.name for secret in (await secrets.list(TENANT, None, 50)).items] == ["KEY"]


async def test_a_list_is_by_name_and_in_pages(store_url: str) -> None:
    async with sealing(store_url) as made:
        secrets = made.secrets
        for name in ("b", "a", "_c", "C"):
            await secrets.put(TENANT, name, name)
        first = await secrets.list(TENANT, None, 3)
        second = await secrets.list(TENANT, first.next, 3)
        assert [secret.name for secret in (*first.items, *second.items)] == sorted(["b", "a", "_c", "C"])
        assert (await secrets.list("another", None, 3)).items == ()


async def test_a_deleted_secret_is_gone_and_its_name_free(store_url: str) -> None:
    async with sealing(store_url) as made:
        secrets = made.secrets
        await secrets.put(TENANT, "KEY", "one")
        for name in ("OTHER", "not a name", ""):
            with pytest.raises(NotFound):
                await secrets.delete(TENANT, name)
        with pytest.raises(NotFound):
            await secrets.delete("another", "KEY")
        await secrets.delete(TENANT, "KEY")
        assert await secrets.values(TENANT, ["KEY"]) == {}
        await secrets.put(TENANT, "KEY", "two")
        assert await secrets.values(TENANT, ["KEY"]) == {"KEY": "two"}


async def test_the_same_name_made_by_many_at_once_is_one_that_opens(store_url: str) -> None:
    async with sealing(store_url) as made:
        secrets = made.secrets
        given = [f"value-{number}" for number in range(20)]
        kept = await asyncio.gather(*(secrets.put(TENANT, "KEY", value) for value in given))
        assert len({secret.id for secret in kept}) == 1
        assert (await secrets.values(TENANT, ["KEY"]))["KEY"] in given


@pytest.mark.parametrize(("name", "value", "paths"), [
    ("", VALUE, ["name"]),
    ("1st", VALUE, ["name"]),
    ("a-b", VALUE, ["name"]),
    ("ä", VALUE, ["name"]),
    ("a" * 65, VALUE, ["name"]),
    ("KEY\n", VALUE, ["name"]),
    ("KEY", "", ["value"]),
    ("KEY", "a\0b", ["value"]),
    ("KEY", "\ud800", ["value"]),
    ("KEY", "a" * (LONGEST_VALUE + 1), ["value"]),
    ("KEY", "ä" * (LONGEST_VALUE // 2 + 1), ["value"]),
    ("a b", "", ["name", "value"]),
])  # fmt: skip
async def test_what_breaks_a_rule_is_refused_without_its_value(name: str, value: str, paths: list[str]) -> None:
    async with sealing() as made:
        with pytest.raises(Invalid) as refused:
            await made.secrets.put(TENANT, name, value)
        assert [problem.path for problem in refused.value.problems] == paths
        assert not value or value not in str(refused.value)
        assert (await made.secrets.list(TENANT, None, 50)).items == ()


async def test_the_longest_value_is_kept_whole(store_url: str) -> None:
    async with sealing(store_url) as made:
        longest = "a" * (LONGEST_VALUE - 2) + "ä"
        await made.secrets.put(TENANT, "_" + "9" * 63, longest)
        assert list((await made.secrets.values(TENANT, ["_" + "9" * 63])).values()) == [longest]


async def test_a_value_sealed_with_another_key_is_named_with_the_way_out(store_url: str) -> None:
    async with sealing(store_url) as made:
        await made.secrets.put(TENANT, "STRIPE_KEY", VALUE)
        with pytest.raises(SealingFailed) as failed:
            await made.secrets_under("x" * 40).values(TENANT, ["STRIPE_KEY"])
        told = "the secret STRIPE_KEY was sealed with another secret key; set its value again"
        assert str(failed.value).startswith(told)
        await made.secrets_under("x" * 40).put(TENANT, "STRIPE_KEY", "new")
        assert await made.secrets_under("x" * 40).values(TENANT, ["STRIPE_KEY"]) == {"STRIPE_KEY": "new"}


async def test_a_value_moved_to_another_secret_does_not_open(store_url: str) -> None:
    async with sealing(store_url) as made:
        secrets = made.secrets
        stolen = await secrets.put(TENANT, "THEIRS", VALUE)
        mine = await secrets.put(TENANT, "MINE", "mine")
        moved = type(mine)(mine.id, TENANT, "MINE", stolen.sealed, mine.created_at, mine.updated_at)
        await made.real.put_secret(moved, made.clock.now())
        with pytest.raises(SealingFailed, match="the secret MINE was changed in the store"):
            await secrets.values(TENANT, ["MINE"])


async def test_a_lost_answer_is_not_told_and_a_store_that_is_away_is() -> None:
    async with sealing() as made:
        secrets = made.secrets
        made.faults.lose_answer("put_secret")
        await secrets.put(TENANT, "KEY", "one")
        assert await secrets.values(TENANT, ["KEY"]) == {"KEY": "one"}
        made.faults.away = True
        with pytest.raises(Unavailable):
            await secrets.values(TENANT, ["KEY"])
        made.faults.away = False
        assert await secrets.values(TENANT, ["KEY"]) == {"KEY": "one"}
