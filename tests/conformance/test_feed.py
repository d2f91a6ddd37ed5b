"""The feed of wanted events: all of them, once, in commit order, with a cursor of what was looked at."""

import asyncio
from collections.abc import Collection, Sequence

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.event import Event, NewEvent
from holdfast.model.instant import DAY, MINUTE, SECOND
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.ports import Feed
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, TENANT, Scene
from tests.model.definitions import document, edge, node

ORDERS = ("order.*",)


def told(scene: Scene, kind: str = "order.created", tenant: str = TENANT, n: int = 0) -> NewEvent:
    return NewEvent(tenant, kind, scene.now, {"n": n}, subject=f"s{n}")


async def tell(scene: Scene, count: int, kind: str = "order.created", tenant: str = TENANT, first: int = 0) -> None:
    await scene.store.append_events([told(scene, kind, tenant, n) for n in range(first, first + count)])


async def feed(
    scene: Scene,
    after: str | None,
    types: Collection[str] = ORDERS,
    tenants: Collection[str] = (TENANT,),
    limit: int = 500,
) -> Feed:
    return await scene.store.event_feed(tenants, types, scene.now, after, limit)


async def rest(
    scene: Scene,
    after: str | None,
    types: Collection[str] = ORDERS,
    tenants: Collection[str] = (TENANT,),
    limit: int = 500,
) -> tuple[list[Event], str]:
    """All that the feed has to say behind a cursor, and the last cursor."""
    found: list[Event] = []
    while True:
        page = await feed(scene, after, types, tenants, limit)
        assert len(page.events) <= limit
        assert page.cursor != after or not page.more
        found += page.events
        after = page.cursor
        if not page.more:
            return found, after


def numbers(events: Sequence[Event]) -> list[object]:
    return [event.data["n"] for event in events]


async def test_wanted_events_come_as_they_were_told(scene: Scene) -> None:
    start = (await feed(scene, None)).cursor
    await scene.store.append_events([told(scene, n=1), told(scene, "other"), told(scene, "order.paid", n=2)])
    page = await feed(scene, start)
    assert [(event.type, event.subject, event.data) for event in page.events] == [
        ("order.created", "s1", {"n": 1}),
        ("order.paid", "s2", {"n": 2}),
    ]
    assert not page.more
    assert (await feed(scene, page.cursor)).events == ()
    listed = await scene.store.list_events(TENANT, start)
    assert [event for event in listed if event.type != "other"] == list(page.events)


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        (("order.created",), ["order.created"]),
        (("order.*",), ["order.created", "order.created.late"]),
        (("*",), ["order.created", "order.created.late", "orders", "order_x", "a%b"]),
        (("orders", "order.created"), ["order.created", "orders"]),
        (("order_*",), ["order_x"]),
        (("a%*",), ["a%b"]),
        (("order",), []),
        ((), []),
        ((*tuple(f"kind{n}.*" for n in range(200)), "a*"), ["a%b"]),
        ((*tuple(f"kind{n}" for n in range(2000)), "orders"), ["orders"]),
    ],
)
async def test_types_are_equal_or_begin_alike(scene: Scene, types: tuple[str, ...], wanted: list[str]) -> None:
    start = (await feed(scene, None)).cursor
    for kind in ("order.created", "order.created.late", "orders", "order_x", "a%b"):
        await tell(scene, 1, kind)
    found, _ = await rest(scene, start, types)
    assert [event.type for event in found] == wanted


async def test_only_wanted_tenants_are_told_of_in_one_order(scene: Scene) -> None:
    start = (await feed(scene, None, tenants=("a", "b"))).cursor
    for n in range(6):
        await tell(scene, 1, tenant="abc"[n % 3], first=n)
    found, end = await rest(scene, start, tenants=("b", "a"), limit=1)
    assert numbers(found) == [0, 1, 3, 4]
    assert (await rest(scene, end, tenants=("a", "b", "c")))[0] == []
    assert (await feed(scene, start, tenants=())).events == ()


async def test_the_cursor_passes_what_nobody_wants(scene: Scene) -> None:
    start = (await feed(scene, None)).cursor
    await tell(scene, 20, "noise")
    await tell(scene, 20, tenant="other")
    page = await feed(scene, start)
    assert (page.events, page.more) == ((), False)
    await tell(scene, 1, first=7)
    assert numbers((await feed(scene, page.cursor)).events) == [7]
    # What was passed is not met again, whatever is wanted from then on.
    everything, _ = await rest(scene, page.cursor, ("*",), (TENANT, "other"))
    assert numbers(everything) == [7]


@pytest.mark.parametrize("limit", [1, 2, 7, 500])
async def test_every_page_goes_on_where_the_last_ended(scene: Scene, limit: int) -> None:
    start = (await feed(scene, None)).cursor
    for n in range(0, 30, 3):
        await tell(scene, 3, first=n)
        await tell(scene, 2, "noise")
    found, _ = await rest(scene, start, limit=limit)
    assert numbers(found) == list(range(30))
    for event in found:
        later, _ = await rest(scene, event.cursor, limit=limit)
        assert later == found[found.index(event) + 1 :]


@pytest.mark.parametrize("limit", [1, 3, 500])
async def test_events_that_share_a_row_come_one_by_one(scene: Scene, limit: int) -> None:
    types = ("job.*",)
    start = (await feed(scene, None, types)).cursor
    jobs = [scene.job() for _ in range(5)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    await scene.finish(worker, *((job, OK) for job in await scene.claim(worker)))
    found, end = await rest(scene, start, types, limit=limit)
    assert sorted((event.type, event.job_id) for event in found) == sorted(
        (kind, job.id) for job in jobs for kind in ("job.scheduled", "job.started", "job.succeeded")
    )
    assert found == await scene.store.list_events(TENANT, start)
    assert (await feed(scene, end, types)).events == ()
    succeeded, _ = await rest(scene, start, ("job.succeeded",), limit=limit)
    assert {event.job_id for event in succeeded} == {job.id for job in jobs}
    for event in found:
        later, _ = await rest(scene, event.cursor, types, limit=limit)
        assert later == found[found.index(event) + 1 :]


async def test_what_a_run_tells_is_fed(scene: Scene) -> None:
    start = (await feed(scene, None)).cursor
    await scene.save(document([node("a"), node("b")], [edge("a", "b")]))
    run = await scene.start("sample")
    await (await Driver.of(scene)).drain()
    found, _ = await rest(scene, start, ("workflow.finished", "node.*"))
    assert [(event.type, event.run_id) for event in found][-1] == ("workflow.finished", run)
    assert [event.node_id for event in found if event.type == "node.completed"] == ["a", "b"]


async def test_deliveries_start_nothing(scene: Scene) -> None:
    start = (await feed(scene, None, ("*",))).cursor
    await scene.insert(scene.job(DELIVERY_KIND), scene.job("plain"), scene.job(DELIVERY_KIND))
    worker = await scene.worker()
    claimed = await scene.claim(worker, kinds={DELIVERY_KIND, "plain"})
    await scene.finish(worker, *((job, OK) for job in claimed))
    await scene.store.append_events([NewEvent(TENANT, "order.created", scene.now, {"kind": DELIVERY_KIND})])
    found, _ = await rest(scene, start, ("*",))
    assert [event.data["kind"] for event in found] == ["plain"] * 3 + [DELIVERY_KIND]
    assert found[-1].type == "order.created"


async def test_without_a_cursor_nothing_older_comes(scene: Scene) -> None:
    await tell(scene, 5)
    await tell(scene, 5, tenant="old")
    scene.clock.move(DAY)
    await tell(scene, 2, first=10, tenant="new")
    scene.clock.move(SECOND)
    await tell(scene, 3, first=20)
    scene.clock.move(MINUTE)
    since = scene.now - MINUTE
    page = await scene.store.event_feed((TENANT, "old", "new", "none"), ORDERS, since, None)
    assert numbers(page.events) == [20, 21, 22]
    page = await scene.store.event_feed((TENANT, "old", "new", "none"), ORDERS, since - SECOND, None)
    assert numbers(page.events) == [10, 11, 20, 21, 22]
    assert (await scene.store.event_feed(("none",), ORDERS, 0, None)).events == ()
    assert (await scene.store.event_feed(("old",), ORDERS, scene.now, None)).events == ()


async def test_a_flood_of_noise_is_passed_in_portions(scene: Scene) -> None:
    """What isn't wanted costs each call no more than a bounded look; what is behind it comes in the end."""
    start = (await feed(scene, None)).cursor
    for _ in range(5):
        await tell(scene, 10_000, "noise")
    await tell(scene, 1, first=1)
    page, calls = await feed(scene, start), 1
    assert (page.events, page.more) == ((), True)
    while page.more:
        page, calls = await feed(scene, page.cursor), calls + 1
        assert calls < 10
    assert numbers(page.events) == [1]


async def test_one_tenants_flood_holds_no_other_back_for_long(scene: Scene) -> None:
    tenants = ("loud", "quiet")
    start = (await feed(scene, None, tenants=tenants)).cursor
    await tell(scene, 1, tenant="quiet", first=-1)
    for n in range(0, 30_000, 10_000):
        await tell(scene, 10_000, tenant="loud", kind="noise", first=n)
        await tell(scene, 1, tenant="quiet", first=n)
    found, _ = await rest(scene, start, tenants=tenants)
    assert numbers(found) == [-1, 0, 10_000, 20_000]


@pytest.mark.parametrize("cursor", ["", "x", "1-2-3", "99999999999999999999999-1", "1.x"])
async def test_a_cursor_that_no_feed_gave_is_invalid(scene: Scene, cursor: str) -> None:
    with pytest.raises(Invalid):
        await feed(scene, cursor)


async def test_a_follower_misses_nothing_of_many_writers(scene: Scene, other: Scene) -> None:
    count, writers, tenants = 25, 4, ("a", "b", "c")
    seen: list[tuple[object, str, object]] = []

    async def write(writer: int) -> None:
        store = (scene if writer % 2 else other).store
        for n in range(count):
            await store.append_events([NewEvent(tenant, f"order.{writer}", scene.now, {"n": n}) for tenant in tenants])

    async def follow() -> None:
        cursor: str | None = None
        while len(seen) < count * writers * len(tenants):
            page = await feed(scene, cursor, tenants=tenants, limit=7)
            cursor = page.cursor
            seen.extend((event.type, event.tenant, event.data["n"]) for event in page.events)
            await asyncio.sleep(0)

    start = asyncio.create_task(follow())
    async with asyncio.timeout(30):
        await asyncio.gather(start, *(write(writer) for writer in range(writers)))
    for writer in range(writers):
        for tenant in tenants:
            mine = [n for kind, owner, n in seen if (kind, owner) == (f"order.{writer}", tenant)]
            assert mine == list(range(count))
