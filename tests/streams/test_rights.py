"""A broker that can't do all that is needed is known before it is used, and told once, with what is missing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from holdfast.model.errors import Unavailable
from holdfast.streams.events import RedisEventChannels
from holdfast.streams.inspection import look
from holdfast.streams.layout import namespace, prefix_of
from holdfast.streams.pauses import FIRST, LEFT_ALONE, LONGEST, STEADY, Pauses
from tests.streams.parts import KEY, Opener, got, now, put, seat
from tests.support.ports import LOOPBACK
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually

MANUAL = Path(__file__).parents[2] / "docs/deployment.md"
ALL = ("~holdfast:*", "&holdfast:*", "+@all")


@pytest.fixture
async def users(valkey_server: ValkeyServer) -> AsyncIterator[Callable[..., str]]:
    """Gives a user, ``bob``, these rights and no others; the address to use."""

    def user(*rights: str) -> str:
        valkey_server.command("ACL", "SETUSER", "bob", "reset", "on", ">pw", *rights)
        return f"redis://bob:pw@{LOOPBACK}:{valkey_server.port}/0"

    yield user
    valkey_server.command("ACL", "DELUSER", "bob")


@pytest.mark.parametrize(
    ("rights", "why"),
    [
        ((*ALL, "-@scripting"), "the user may not run EVAL"),
        ((*ALL, "-evalsha"), "the user may not run EVALSHA"),
        ((*ALL, "-xclaim"), "the user may not run XCLAIM"),
        ((*ALL, "-@stream"), "the user may not run XGROUP|CREATE"),
        ((*ALL, "-blpop"), "the user may not run BLPOP"),
        ((*ALL, "-subscribe"), "the user may not run SUBSCRIBE"),
        (("~other:*", "&*", "+@all"), "the user may not use keys that begin with holdfast:"),
        (("~*", "&other:*", "+@all"), "the user may not use channels that begin with holdfast:"),
    ],
)
async def test_a_user_without_a_right_is_told_which_and_used_as_soon_as_it_has_it(
    opener: Opener,
    users: Callable[..., str],
    rights: tuple[str, ...],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    tries = recorded(monkeypatch)
    streams = await opener.streams(users(*rights), wait=False)
    await eventually(lambda: len(tries) > 3)
    assert streams.trouble == f"Redis can't be used: {why}"
    users(*ALL)
    await eventually(lambda: streams.healthy)
    assert await streams.lead("r", 1_000)
    told = capfd.readouterr()
    lines = [line for line in (told.out + told.err).splitlines() if "redis is" in line]
    assert ["not used" in line for line in lines] == [True, False], "once for each change"


async def test_the_rights_that_the_manual_names_are_enough(opener: Opener, users: Callable[..., str]) -> None:
    named = re.search(r"needs `(~holdfast:[^`]*)`", MANUAL.read_text(encoding="utf-8"))
    assert named is not None
    streams = await opener.streams(users(*named[1].split()))
    await put(streams, "j1")
    assert await got(streams, seat()) == ["j1"]
    assert await streams.lead("r", 1_000)
    await streams.let_go("r")
    assert [told.worker_id for told in await streams.seats(now())] == ["w1"]
    await streams.leave("w1")
    await look(streams._link, now())
    await RedisEventChannels(streams._link).publish([("shop", b"news")])
    assert streams.healthy


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each try, whether the server refused work. They follow one another at once."""
    tries: list[bool] = []

    def after(_: Pauses, lasted: float, refused: bool) -> float:
        tries.append(refused)
        return 0.01

    monkeypatch.setattr(Pauses, "after", after)
    return tries


async def test_one_that_refuses_work_is_told_from_one_that_is_away(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = recorded(monkeypatch)
    with ValkeyServer() as server:
        streams = await opener.streams(server.url)
        server.command("SET", f"{prefix_of(namespace(KEY))}seats", "no hash")
        with pytest.raises(Unavailable, match="WRONGTYPE"):
            await streams.read(seat(), now(), 0)
        await eventually(lambda: refused == [True])
        await eventually(lambda: streams.healthy)
        waiting = asyncio.create_task(streams.rung(10_000_000))
        await asyncio.sleep(0)
        server.kill()
        await asyncio.wait([waiting])
        await eventually(lambda: len(refused) > 1)
        assert refused[1] is False


def test_pauses_grow_and_are_short_again_after_a_steady_while() -> None:
    pauses = Pauses()
    given = [pauses.after(1, False) for _ in range(8)]
    assert given == sorted(given)
    assert (given[0], given[-1]) == (FIRST, LONGEST)
    assert pauses.after(STEADY + 1, False) == FIRST


def test_one_that_refuses_again_and_again_is_left_alone() -> None:
    pauses = Pauses()
    given = [pauses.after(1, True) for _ in range(8)]
    assert given == sorted(given)
    assert given[0] < 1
    assert given[-1] == LEFT_ALONE
    assert pauses.after(1, False) == LONGEST
    assert pauses.after(STEADY + 1, True) < 1
