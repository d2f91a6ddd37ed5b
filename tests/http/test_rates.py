"""How often anybody may call: by key, by address, and by what they get wrong."""

from __future__ import annotations

import pytest

from holdfast.http.limits import Limits
from holdfast.http.rates import GUESSES, PASSWORDS, STRANGERS, Buckets, Guesses
from holdfast.http.streams import Streams
from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.limits import Rate
from tests.http.serving import Api, serving
from tests.support.waiting import eventually

NOW = 1_800_000_000 * SECOND
RUNS = "/api/v1/runs"


def test_a_bucket_empties_and_refills() -> None:
    buckets = Buckets(Rate(4, 2 * SECOND))
    assert [buckets.take("a", NOW).left for _ in range(4)] == [3, 2, 1, 0]
    turn = buckets.take("a", NOW)
    assert (turn.wait, turn.full_in) == (SECOND // 2, 2 * SECOND)
    assert buckets.take("a", NOW + SECOND // 2).wait == 0
    assert buckets.take("b", NOW).left == 3  # another's own


def test_asking_takes_nothing() -> None:
    buckets = Buckets(Rate(1, SECOND))
    assert [buckets.wait("a", NOW) for _ in range(3)] == [0, 0, 0]
    buckets.take("a", NOW)
    assert buckets.wait("a", NOW) == SECOND


def test_memory_is_bounded() -> None:
    buckets = Buckets(Rate(1, MINUTE))
    for number in range(20_010):
        buckets.take(str(number), NOW)
    assert len(buckets) == 20_000
    assert buckets.take("20009", NOW).wait > 0


def test_who_fails_often_must_wait_but_what_was_proved_passes() -> None:
    guesses = Guesses(Rate(2, MINUTE))
    guesses.proved(b"good")
    for _ in range(2):
        assert guesses.wait("address", b"wrong", NOW) == 0
        guesses.failed("address", NOW)
    assert guesses.wait("address", b"wrong", NOW) > 0
    assert guesses.wait("address", b"good", NOW) == 0
    assert guesses.wait("elsewhere", b"wrong", NOW) == 0


async def test_a_key_calls_so_often_and_is_told_when_again() -> None:
    async with serving(local=False, limits=Limits(rate=1)) as api:
        mine, other = await api.key("viewer"), await api.key("viewer")
        replies = [await api.get(RUNS, headers=mine) for _ in range(4)]
        refused = replies[-1]
        assert [reply.status for reply in replies[:2]] == [200, 200]
        assert refused.status == 429
        assert refused.json["title"] == "Too many requests"
        assert int(refused.headers["Retry-After"]) >= 1
        assert "You call too often. Try again in" in refused.json["detail"]
        assert refused.headers["RateLimit-Policy"] == '"calls";q=2;w=2'
        assert refused.headers["RateLimit"].startswith('"calls";r=0;t=')
        assert replies[0].headers["RateLimit"].startswith('"calls";r=1;t=')
        assert (await api.get(RUNS, headers=other)).status == 200


async def test_the_local_user_calls_as_often_as_they_like() -> None:
    async with serving(limits=Limits(rate=1)) as api:
        replies = [await api.get(RUNS) for _ in range(10)]
        assert {reply.status for reply in replies} == {200}
        assert "RateLimit" not in replies[0].headers


async def test_a_rate_of_none_counts_nothing() -> None:
    async with serving(local=False) as api:
        key = await api.key("viewer")
        assert {(await api.get(RUNS, headers=key)).status for _ in range(10)} == {200}
        wrong = {"Authorization": "Bearer hf_wrong"}
        assert {(await api.get(RUNS, headers=wrong)).status for _ in range(GUESSES.count + 5)} == {401}


async def test_guessing_keys_ends_soon_and_keeps_nobody_out_who_has_one() -> None:
    async with serving(local=False, limits=Limits(rate=1_000)) as api:
        good = await api.key("viewer")
        assert (await api.get(RUNS, headers=good)).status == 200
        statuses = [
            (await api.get(RUNS, headers={"Authorization": f"Bearer hf_{number}"})).status
            for number in range(2 * GUESSES.count)
        ]
        assert set(statuses[: GUESSES.count]) == {401}
        assert 429 in statuses
        assert (await api.get(RUNS, headers=good)).status == 200
        fresh = await api.key("viewer")
        assert (await api.get(RUNS, headers=fresh)).status == 200  # never used before, from the same address


async def test_an_address_tries_to_sign_in_so_often() -> None:
    async with serving(local=False, limits=Limits(rate=1_000)) as api:
        statuses = [
            (await api.post("/api/v1/invites/look", {"token": str(n)})).status for n in range(2 * STRANGERS.count)
        ]
        assert set(statuses[: STRANGERS.count]) == {404}
        assert 429 in statuses
        assert (await api.get("/api/v1/session/options")).status == 200


async def test_guessing_webhook_addresses_ends_soon() -> None:
    async with serving(local=False, limits=Limits(rate=1_000)) as api:
        statuses = [(await api.post(f"/hooks/guess{number}")).status for number in range(2 * GUESSES.count)]
        assert set(statuses[: GUESSES.count]) == {404}
        assert 429 in statuses


async def test_guessing_callback_addresses_ends_soon() -> None:
    async with serving(local=False, limits=Limits(rate=1_000)) as api:
        statuses = [(await api.post(f"/callbacks/guess{number}")).status for number in range(2 * GUESSES.count)]
        assert set(statuses[: GUESSES.count]) == {404}
        assert 429 in statuses


async def guarded_hook(api: Api) -> str:
    """The address of a webhook with a bearer token."""
    assert (await api.call("PUT", "/api/v1/secrets/TOKEN", json={"value": "right"})).status == 200
    signature = {"type": "bearer", "secret": "TOKEN"}
    document = {
        "holdfast": 1,
        "name": "guarded",
        "triggers": [{"id": "hook", "type": "webhook", "signature": signature}],
        "nodes": [{"id": "a", "type": "noop"}],
    }
    created = await api.create(document)
    address: str = created["triggers"][0]["url"]
    return address[address.index("/hooks/") :]


async def test_guessing_a_webhooks_token_ends_soon_and_keeps_its_sender_in() -> None:
    async with serving(limits=Limits(rate=1_000)) as api:
        hook = await guarded_hook(api)
        right = {"Authorization": "Bearer right"}
        assert (await api.post(hook, headers=right)).status == 202
        statuses = [
            (await api.post(hook, headers={"Authorization": f"Bearer {number}"})).status
            for number in range(PASSWORDS.count + 3)
        ]
        assert set(statuses[: PASSWORDS.count]) == {401}
        assert 429 in statuses
        assert (await api.post(hook, headers=right)).status == 202


async def test_a_key_has_so_many_live_streams() -> None:
    async with serving(local=False) as api:
        api.app.services.streams = Streams(most=1)
        key = await api.key("viewer")
        stream = api.base + "/api/v1/events/stream"
        async with api.session.get(stream, headers=key) as first:
            assert first.status == 200
            assert (await api.get("/api/v1/events/stream", headers=key)).status == 429
        await eventually(lambda: api.app.services.streams.open == 0)
        async with api.session.get(stream, headers=key) as again:
            assert again.status == 200


def test_strangers_may_less_than_callers() -> None:
    assert STRANGERS.count * SECOND // STRANGERS.per < Limits().rate


@pytest.mark.parametrize("proxies", [["nowhere"], ["10.0.0.1/8"]])
def test_a_proxy_that_is_none(proxies: list[str]) -> None:
    with pytest.raises(ValueError, match=proxies[0]):
        Limits.of(1, proxies)
