"""Event subscriptions as stored: changed field by field, listened to while they are on; and the deliveries of each."""

import asyncio
from dataclasses import replace

import pytest

from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND
from holdfast.model.job import NewJob
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.model.subscription import DELIVERY_KIND, DeliveryRecord, NewDelivery, Subscription
from holdfast.ports import Dedupe, NewJobs, SubscriptionChange
from tests.conformance.scene import TENANT, Scene, failed, new_id


def new(scene: Scene, url: str = "https://example.com/in", tenant: str = TENANT) -> Subscription:
    return Subscription(
        new_id(scene.now), tenant, url, ("order.*", "paid"), b"sealed\x00\xff", scene.now, scene.now, scene.now,
        title="Orders", condition="event.data.n > 1",
    )  # fmt: skip


async def added(scene: Scene, tenant: str = TENANT) -> Subscription:
    subscription = new(scene, tenant=tenant)
    await scene.store.create_subscription(subscription, None, scene.now)
    return subscription


def guard(scene: Scene, fingerprint: str = "f", scope: str = "POST /event-subscriptions", key: str = "k") -> Dedupe:
    return Dedupe(TENANT, scope, key, fingerprint, scene.now + DAY)


async def get(scene: Scene, subscription: Subscription) -> Subscription:
    return await scene.store.get_subscription(subscription.tenant, subscription.id)


async def change(scene: Scene, subscription: Subscription, wanted: SubscriptionChange) -> Subscription:
    return await scene.store.change_subscription(subscription.tenant, subscription.id, wanted, scene.now)


async def test_a_subscription_is_kept_as_it_was_given(scene: Scene) -> None:
    subscription = await added(scene)
    assert await get(scene, subscription) == subscription
    assert (await scene.store.listeners()).subscriptions == (subscription,)
    for tenant, unknown in (("other", subscription.id), (TENANT, new_id(scene.now)), (TENANT, "nonsense")):
        with pytest.raises(NotFound):
            await scene.store.get_subscription(tenant, unknown)


async def test_a_repeated_create_makes_one(scene: Scene) -> None:
    first, again = new(scene), new(scene)
    for subscription in (first, first, again):
        answer = await scene.store.create_subscription(subscription, guard(scene), scene.now)
        assert (answer.id, answer.duplicate, answer.conflict) == (first.id, subscription is again, False)
    assert (await scene.store.create_subscription(again, guard(scene, "other"), scene.now)).conflict
    assert (await scene.store.create_subscription(first, None, scene.now)).id == first.id
    assert (await scene.store.list_subscriptions(TENANT, None, 10)).items == (first,)


async def test_a_change_leaves_what_it_does_not_name(scene: Scene) -> None:
    subscription = await added(scene)
    scene.clock.move(MINUTE)
    changed = await change(scene, subscription, SubscriptionChange(url="https://example.com/other", condition=None))
    assert changed == replace(subscription, url="https://example.com/other", condition=None, updated_at=scene.now)
    assert await get(scene, subscription) == changed
    changed = await change(scene, subscription, SubscriptionChange(types=("*",), title="All"))
    assert (changed.types, changed.title, changed.url) == (("*",), "All", "https://example.com/other")
    for unknown in (replace(subscription, tenant="other"), replace(subscription, id="nonsense")):
        with pytest.raises(NotFound):
            await change(scene, unknown, SubscriptionChange(title="x"))


async def test_switched_off_it_hears_nothing_and_on_again_what_comes_then(scene: Scene) -> None:
    subscription = await added(scene)
    scene.clock.move(MINUTE)
    off = await change(scene, subscription, SubscriptionChange(enabled=False, reason="it answered 410"))
    assert (off.enabled, off.reason, off.since) == (False, "it answered 410", subscription.since)
    assert (await scene.store.listeners()).subscriptions == ()
    scene.clock.move(MINUTE)
    on = await change(scene, subscription, SubscriptionChange(enabled=True))
    assert (on.enabled, on.reason, on.since) == (True, "", scene.now)
    scene.clock.move(MINUTE)
    assert (await change(scene, subscription, SubscriptionChange(enabled=True))).since == on.since
    assert (await scene.store.listeners()).subscriptions == (await get(scene, subscription),)


async def test_a_new_secret_keeps_the_old_one_for_a_while(scene: Scene) -> None:
    subscription = await added(scene)
    rotation = SubscriptionChange(sealed=b"new", previous_until=scene.now + DAY)
    for _ in range(2):  # the second is the same call again
        rotated = await change(scene, subscription, rotation)
        assert (rotated.sealed, rotated.previous, rotated.previous_until) == (
            b"new",
            subscription.sealed,
            scene.now + DAY,
        )
    later = await change(scene, subscription, SubscriptionChange(title="x"))
    assert (later.sealed, later.previous) == (b"new", subscription.sealed)


async def test_two_changes_at_once_are_both_made(scene: Scene, other: Scene) -> None:
    subscription = await added(scene)
    await asyncio.gather(
        change(scene, subscription, SubscriptionChange(title="both")),
        change(other, subscription, SubscriptionChange(types=("x",))),
        change(scene, subscription, SubscriptionChange(condition="true")),
        change(other, subscription, SubscriptionChange(url="http://localhost/")),
    )
    kept = await get(scene, subscription)
    assert (kept.title, kept.types, kept.condition, kept.url) == ("both", ("x",), "true", "http://localhost/")


async def test_every_change_raises_the_listeners_version(scene: Scene) -> None:
    versions = [await scene.store.listener_version()]
    subscription = await added(scene)
    versions.append(await scene.store.listener_version())
    for wanted in (SubscriptionChange(enabled=False), SubscriptionChange(enabled=True), SubscriptionChange(types=())):
        await change(scene, subscription, wanted)
        versions.append(await scene.store.listener_version())
    await scene.store.delete_subscription(TENANT, subscription.id)
    versions.append(await scene.store.listener_version())
    assert len(set(versions)) == len(versions)
    assert (await scene.store.listeners()).version == versions[-1]


async def test_subscriptions_are_listed_oldest_first(scene: Scene) -> None:
    made = [await added(scene) for _ in range(3)]
    await added(scene, "other")
    first = await scene.store.list_subscriptions(TENANT, None, 2)
    second = await scene.store.list_subscriptions(TENANT, first.next, 2)
    assert [*first.items, *second.items] == made
    assert second.next is None


async def test_a_deleted_subscription_is_gone(scene: Scene) -> None:
    subscription = await added(scene)
    with pytest.raises(NotFound):
        await scene.store.delete_subscription("other", subscription.id)
    await scene.store.delete_subscription(TENANT, subscription.id)
    for attempt in (scene.store.delete_subscription, scene.store.get_subscription):
        with pytest.raises(NotFound):
            await attempt(TENANT, subscription.id)
    with pytest.raises(NotFound):
        await scene.store.list_deliveries(TENANT, subscription.id, None, 10)


# -- deliveries --------------------------------------------------------------------------------------------------------


async def deliver(scene: Scene, subscription: Subscription, event: str = "1-1", key: str | None = None) -> NewJob:
    """Inserts the job that takes an event to the subscription."""
    job = scene.job(DELIVERY_KIND)
    delivery = NewDelivery(subscription.id, event, "order.created", scene.now)
    scope = f"deliver:{subscription.id}"
    dedupe = guard(scene, scope=scope, key=event if key is None else key)
    await scene.store.insert_jobs([NewJobs((job,), dedupe, delivery=delivery)], scene.now)
    return job


async def deliveries(scene: Scene, subscription: Subscription) -> list[DeliveryRecord]:
    return list((await scene.store.list_deliveries(subscription.tenant, subscription.id, None, 100)).items)


async def test_a_delivery_says_what_its_job_does(scene: Scene) -> None:
    subscription = await added(scene)
    jobs = {name: await deliver(scene, subscription, f"1-{n}") for n, name in enumerate(("good", "bad", "again"))}
    worker = await scene.worker()
    claimed = {job.id: job for job in await scene.claim(worker, kinds={DELIVERY_KIND})}
    outcomes: dict[str, Outcome] = {
        "good": Succeeded({"status": 204}),
        "bad": failed("it answered 400", final=True),
        "again": Failed(failed("it answered 503").error, retry_after=HOUR),
    }
    await scene.finish(worker, *((claimed[job.id], outcomes[name]) for name, job in jobs.items()))
    shown = {record.job_id: record for record in await deliveries(scene, subscription)}
    states = {name: (shown[job.id].state, shown[job.id].attempts) for name, job in jobs.items()}
    assert states["good"] == ("SUCCEEDED", 1)
    assert states["bad"] == ("FAILED", 1)
    assert states["again"][1] == 1
    assert shown[jobs["good"].id].result == {"status": 204}
    error = shown[jobs["bad"].id].error
    assert isinstance(error, dict)
    assert error["message"] == "it answered 400"
    assert shown[jobs["good"].id].delivery == NewDelivery(subscription.id, "1-0", "order.created", scene.now)
    for record in shown.values():
        assert await scene.store.get_delivery(TENANT, subscription.id, record.job_id) == record
    assert await scene.sound()


async def test_an_event_is_delivered_once_and_again_when_asked(scene: Scene) -> None:
    subscription = await added(scene)
    first = await deliver(scene, subscription)
    await deliver(scene, subscription)
    assert [record.job_id for record in await deliveries(scene, subscription)] == [first.id]
    scene.clock.move(SECOND)
    again = await deliver(scene, subscription, key="redelivery")
    shown = await deliveries(scene, subscription)
    assert [record.job_id for record in shown] == [again.id, first.id]
    assert {record.delivery.event_id for record in shown} == {"1-1"}


async def test_deliveries_are_listed_newest_first_page_by_page(scene: Scene) -> None:
    subscription, beside = await added(scene), await added(scene)
    jobs = []
    for n in range(5):
        jobs.append(await deliver(scene, subscription, f"1-{n}"))
        await deliver(scene, beside, f"1-{n}")
        scene.clock.move(SECOND)
    cursor, pages = None, []
    while True:
        page = await scene.store.list_deliveries(TENANT, subscription.id, cursor, 2)
        pages.append([record.job_id for record in page.items])
        cursor = page.next
        if cursor is None:
            break
    assert pages == [[jobs[4].id, jobs[3].id], [jobs[2].id, jobs[1].id], [jobs[0].id]]


async def test_another_tenants_deliveries_are_not_reached(scene: Scene) -> None:
    subscription, beside = await added(scene), await added(scene)
    job = await deliver(scene, subscription)
    for tenant, owner, wanted in (
        ("other", subscription.id, job.id),
        (TENANT, beside.id, job.id),
        (TENANT, subscription.id, new_id(scene.now)),
        (TENANT, "nonsense", job.id),
        (TENANT, subscription.id, "nonsense"),
    ):
        with pytest.raises(NotFound):
            await scene.store.get_delivery(tenant, owner, wanted)
    with pytest.raises(NotFound):
        await scene.store.list_deliveries("other", subscription.id, None, 10)


async def test_deliveries_go_with_their_jobs(scene: Scene) -> None:
    subscription = await added(scene)
    await deliver(scene, subscription)
    worker = await scene.worker()
    (claimed,) = await scene.claim(worker, kinds={DELIVERY_KIND})
    await scene.finish(worker, (claimed, Succeeded()))
    scene.clock.move(2 * DAY)
    fresh = await deliver(scene, subscription, "1-2")
    while await scene.store.prune(scene.now, DAY):
        pass
    assert [record.job_id for record in await deliveries(scene, subscription)] == [fresh.id]
    assert await scene.sound()
