"""Looking ahead: what claims would take next, in which order, how far; and what is left to others."""

from collections.abc import AsyncIterator

import pytest

from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import ALL_QUEUES
from holdfast.model.limits import Rate
from holdfast.ports import NewTenant, QueueChange
from holdfast.ports.streams import Ready
from holdfast.stores.postgres import fronts
from tests.conformance.scene import OK
from tests.stores.offering import Offering, ids, named, opened


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Offering]:
    async with opened(postgres_url) as scene:
        yield scene


async def test_nothing_waits_nothing_is_offered(scene: Offering) -> None:
    assert await scene.ahead() == Ready()
    await scene.insert(scene.job())
    assert await scene.ahead({}) == Ready()
    assert await scene.ahead({ALL_QUEUES: 0, "default": 0}) == Ready()


async def test_the_next_jobs_in_the_order_of_claims_and_no_more_than_the_window(scene: Offering) -> None:
    low, high = [scene.job(priority=-1) for _ in range(5)], [scene.job(priority=1) for _ in range(5)]
    await scene.insert(*low, *high)
    assert named(await scene.ahead({"default": 7})) == ids([*high, *low])[:7]
    assert named(await scene.ahead({"default": 100})) == ids([*high, *low])
    worker = await scene.worker()
    assert ids(await scene.claim(worker)) == ids([*high, *low]), "an offer claims nothing"


async def test_every_queue_that_isnt_named_has_the_window_of_all(scene: Offering) -> None:
    await scene.insert(*(scene.job(queue=queue) for queue in ("a", "b", "c") for _ in range(5)))
    await scene.store.change_queue("c", QueueChange(priority=9), scene.now)

    async def seen(windows: dict[str, int]) -> str:
        return "".join(each.queue for each in (await scene.ahead(windows)).offers)

    assert await seen({ALL_QUEUES: 2}) == "ccaabb"
    assert await seen({ALL_QUEUES: 1, "b": 3}) == "cabbb"
    assert await seen({ALL_QUEUES: 1, "b": 0}) == "ca"
    assert await seen({"b": 1, "a": 2, "unheard of": 7}) == "aab"


async def test_what_came_due_joins_and_stands_where_its_time_puts_it(scene: Offering) -> None:
    later = scene.job(due_in=SECOND)
    first, second = (scene.job(due_in=SECOND, concurrency_key="k", concurrency_limit=1) for _ in range(2))
    await scene.insert(later, first, second)
    assert await scene.ahead() == Ready()
    scene.clock.move(MINUTE)
    new = scene.job()
    await scene.insert(new)
    assert named(await scene.ahead()) == ids([later, first, new])
    worker = await scene.worker()
    claimed = await scene.take(worker, (await scene.ahead()).offers)
    await scene.finish(worker, (claimed[1], OK))
    assert named(await scene.ahead()) == [second.id]
    assert await scene.sound()


async def test_work_of_a_key_goes_one_by_one_in_order(scene: Offering) -> None:
    jobs = [scene.job(concurrency_key="k", concurrency_limit=1, priority=n) for n in range(4)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    for job in jobs:
        ready = await scene.ahead()
        assert named(ready) == [job.id]
        (claimed,) = await scene.take(worker, ready.offers)
        assert await scene.ahead() == Ready()
        await scene.finish(worker, (claimed, OK))


async def test_limits_and_rates_keep_back_what_could_not_start(scene: Offering) -> None:
    await scene.store.create_tenant(NewTenant("small", "small", max_running=3), scene.now)
    await scene.insert(*(scene.job(tenant="small", queue=queue) for queue in ("a", "b") for _ in range(5)))
    await scene.insert(*(scene.job(queue=queue) for queue in ("b", "limited", "rated") for _ in range(5)))
    await scene.store.change_queue("limited", QueueChange(concurrency=2), scene.now)
    await scene.store.change_queue("rated", QueueChange(rate=Rate(4, HOUR)), scene.now)
    seen = [(each.queue, each.tenant) for each in (await scene.ahead()).offers]
    assert seen.count(("a", "small")) + seen.count(("b", "small")) == 3
    assert seen.count(("b", "default")) == 5
    assert seen.count(("limited", "default")) == 2
    assert seen.count(("rated", "default")) == 4
    worker = await scene.worker()
    assert len(await scene.take(worker, (await scene.ahead()).offers)) == len(seen)
    assert await scene.ahead() == Ready()


async def test_a_keys_rate_is_kept(scene: Offering) -> None:
    await scene.insert(
        *(scene.job(concurrency_key="k", concurrency_limit=None, rate=Rate(2, SECOND)) for _ in range(9))
    )
    worker = await scene.worker()
    started = []
    for _ in range(4):
        started.append(len(await scene.take(worker, (await scene.ahead()).offers)))
        assert await scene.take(worker, (await scene.ahead()).offers) == []
        scene.clock.move(SECOND)
    assert started == [2, 2, 2, 2]
    assert await scene.sound()


async def test_other_kinds_and_tags_are_left_to_others(scene: Offering) -> None:
    strange, known, tagged = scene.job("strange"), scene.job(), scene.job(tag="gpu", queue="tagged")
    await scene.insert(strange, known, tagged, scene.job(queue="plain"))
    ready = await scene.ahead(kinds=["noop"])
    assert known.id in named(ready)
    assert not {strange.id, tagged.id} & set(named(ready))
    assert ready.others == {"default", "tagged"}
    ready = await scene.ahead(kinds=["noop", "strange"], tags=["gpu"])
    assert {strange.id, known.id, tagged.id} < set(named(ready))
    assert ready.others == frozenset()


async def test_tenants_take_turns_by_their_weights(scene: Offering) -> None:
    await scene.store.create_tenant(NewTenant("heavy", "heavy", weight=3), scene.now)
    await scene.insert(*(scene.job(tenant=tenant) for tenant in ("heavy", "light") for _ in range(20)))
    for window in (4, 8, 16):
        seen = [each.tenant for each in (await scene.ahead({"default": window})).offers]
        assert len(seen) == window
        for end in range(4, window + 1, 4):
            assert seen[:end].count("light") == end // 4


async def test_a_tenant_with_few_jobs_leaves_the_rest_of_the_window_to_others(scene: Offering) -> None:
    await scene.insert(*(scene.job(tenant="few") for _ in range(2)), *(scene.job(tenant="many") for _ in range(50)))
    seen = [each.tenant for each in (await scene.ahead({"default": 20})).offers]
    assert (seen.count("few"), seen.count("many"), len(set(seen[:2]))) == (2, 18, 2)


class Dear:
    """Each look ahead counts as a dear one, for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fronts, "SLOW", 0.0)
        monkeypatch.setattr(fronts, "MANY", 0)
        monkeypatch.setattr(fronts, "PATIENCE", 1e9)


async def test_rounds_that_go_on_follow_what_was_claimed_and_look_again_at_the_end(
    scene: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    Dear(monkeypatch)
    jobs = [scene.job() for _ in range(30)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    assert named(await scene.ahead({"default": 10})) == ids(jobs[:10])
    await scene.insert(urgent := scene.job(priority=9))
    assert named(await scene.ahead({"default": 10})) == ids(jobs[:10]), "goes on"
    for start in range(0, 20, 5):
        ready = await scene.ahead({"default": 10})
        assert named(ready) == ids(jobs[start : start + 10])
        assert len(await scene.take(worker, ready.offers[:5])) == 5
    assert named(await scene.ahead({"default": 20})) == [urgent.id, *ids(jobs[20:])], "came to the end and looked"


async def test_claims_see_a_limit_and_a_pause_that_a_round_which_goes_on_does_not(
    scene: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    Dear(monkeypatch)
    await scene.insert(*(scene.job() for _ in range(30)))
    worker = await scene.worker()
    await scene.ahead({"default": 10})
    await scene.execute("UPDATE queues SET concurrency = 2")
    assert len(await scene.take(worker, (await scene.ahead({"default": 10})).offers)) == 2
    await scene.execute("UPDATE queues SET paused = true, concurrency = NULL")
    assert await scene.take(worker, (await scene.ahead({"default": 10})).offers) == []


async def test_a_tenant_that_comes_in_while_nobody_looks_is_reckoned_with_after_the_next_look(
    scene: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fronts, "EACH", -1.0)  # each claim by ids counts as a slow one
    monkeypatch.setattr(fronts, "MANY", 0)
    monkeypatch.setattr(fronts, "PATIENCE", 1e9)
    await scene.insert(*(scene.job(tenant="first") for _ in range(9)))
    worker = await scene.worker()
    ready = await scene.ahead()
    assert len(await scene.take(worker, ready.offers[:2])) == 2
    await scene.insert(*(scene.job(tenant="second") for _ in range(9)))
    assert len(await scene.take(worker, ready.offers[2:4])) == 2
    assert await scene.count("lanes") == 0, "it hasn't looked"
    assert len(await scene.take(worker, (await scene.ahead({"default": 4})).offers)) == 4
    assert await scene.count("lanes") == 2
    assert len(await scene.take(worker, ready.offers[6:8])) == 2
    assert await scene.column("SELECT passed FROM lanes WHERE tenant_id = 'first'") == [4], "lanes are seen"
