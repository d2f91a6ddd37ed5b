"""Event subscriptions on both stores: made, changed, rotated; their deliveries once for each event."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from holdfast.engine.deliveries import AT_ONCE
from holdfast.engine.subscription_drafts import SubscriptionDraft
from holdfast.engine.wakeups import TRIGGERS
from holdfast.model.delivery import POLICY, key_of, webhook_id
from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.event import Event
from holdfast.model.instant import DAY, SECOND
from holdfast.model.records import JobFilter
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.ports import Dedupe, SubscriptionChange
from tests.engine.sealing import Sealing, sealing
from tests.engine.world import TENANT

URL = "https://crm.example.com/webhooks?for=us"
DRAFT = SubscriptionDraft(URL, ("order.*", "job.dead"), "CRM", "event.data.total > 5")
GIVEN = "whsec_" + b64encode(b"g" * 24).decode()
NOBODY = "019c0000-0000-7000-8000-000000000001"


def happened(made: Sealing, cursor: str = "17.3") -> Event:
    return Event(cursor, TENANT, "order.paid", made.clock.now(), {"total": 7}, None, None, None)


def once(made: Sealing, key: str = "key", fingerprint: str = "f") -> Dedupe:
    return Dedupe(TENANT, "POST /event-subscriptions", key, fingerprint, made.clock.now() + DAY)


async def new(made: Sealing, **fields: Any) -> str:
    accepted, _ = await made.subscriptions.create(TENANT, SubscriptionDraft(URL, ("*",), **fields))
    return accepted.id


async def test_one_is_made_with_a_secret_that_the_store_never_sees(store_url: str) -> None:
    async with sealing(store_url) as made:
        accepted, secret = await made.subscriptions.create(TENANT, DRAFT)
        assert len(key_of(secret)) == 32
        kept = await made.subscriptions.get(TENANT, accepted.id)
        assert (kept.url, kept.types, kept.title, kept.condition) == (URL, DRAFT.types, "CRM", DRAFT.condition)
        assert (kept.enabled, kept.reason, kept.previous_until, kept.since) == (True, "", None, kept.created_at)
        assert secret.encode() not in kept.sealed
        assert made.subscriptions.secret(kept) == secret
        _, another = await made.subscriptions.create(TENANT, DRAFT)
        assert another != secret


async def test_a_given_secret_is_used(store_url: str) -> None:
    async with sealing(store_url) as made:
        accepted, secret = await made.subscriptions.create(TENANT, SubscriptionDraft(URL, ("*",), secret=GIVEN))
        assert secret == GIVEN
        assert made.subscriptions.secret(await made.subscriptions.get(TENANT, accepted.id)) == GIVEN


async def test_a_repeat_is_the_first_and_another_body_a_conflict(store_url: str) -> None:
    async with sealing(store_url) as made:
        first, _ = await made.subscriptions.create(TENANT, DRAFT, once(made))
        again, _ = await made.subscriptions.create(TENANT, DRAFT, once(made))
        other, _ = await made.subscriptions.create(TENANT, DRAFT, once(made, fingerprint="g"))
        assert (again.id, again.duplicate) == (first.id, True)
        assert other.conflict
        assert len((await made.subscriptions.list(TENANT, None, 50)).items) == 1


async def test_a_lost_answer_makes_one(store_url: str) -> None:
    async with sealing(store_url) as made:
        made.faults.lose_answer("create_subscription")
        await made.subscriptions.create(TENANT, DRAFT)
        assert len((await made.subscriptions.list(TENANT, None, 50)).items) == 1


@pytest.mark.parametrize(("fields", "path"), [
    ({"url": ""}, "url"),
    ({"url": "crm.example.com"}, "url"),
    ({"url": "ftp://crm.example.com"}, "url"),
    ({"url": "https://"}, "url"),
    ({"url": "https://crm.example.com:0/"}, "url"),
    ({"url": "https://crm.example.com:99999/"}, "url"),
    ({"url": "https://crm.example.com:many/"}, "url"),
    ({"url": "https://me:pass@crm.example.com/"}, "url"),
    ({"url": "https://crm.example.com/#part"}, "url"),
    ({"url": "https://crm.example.com/a b"}, "url"),
    ({"url": "https://crm.example.com/\r\nX: y"}, "url"),
    ({"url": "https://crm.example.com/\0"}, "url"),
    ({"url": "https://[::1/"}, "url"),
    ({"url": "https://crm.example.com/" + "a" * 2_048}, "url"),
    ({"types": ()}, "types"),
    ({"types": ("*",) * 101}, "types"),
    ({"types": ("order.paid", "a*b")}, "types[1]"),
    ({"types": ("",)}, "types[0]"),
    ({"types": ("order paid",)}, "types[0]"),
    ({"types": ("a" * 201,)}, "types[0]"),
    ({"title": "a" * 201}, "title"),
    ({"title": "a\0"}, "title"),
    ({"condition": "event.data.total >"}, "condition"),
    ({"condition": "input.total > 5"}, "condition"),
    ({"condition": "{{ event.data.total > 5 }}"}, "condition"),
    ({"condition": ""}, "condition"),
    ({"secret": ""}, "secret"),
    ({"secret": "whsec_c2hvcnQ="}, "secret"),
])  # fmt: skip
async def test_what_breaks_a_rule_is_refused(fields: dict[str, Any], path: str) -> None:
    async with sealing() as made:
        given: dict[str, Any] = {"url": URL, "types": ("*",), **fields}
        with pytest.raises(Invalid) as refused:
            await made.subscriptions.create(TENANT, SubscriptionDraft(**given))
        assert [problem.path for problem in refused.value.problems] == [path]
        assert (await made.subscriptions.list(TENANT, None, 50)).items == ()
        if path != "secret":
            subscription_id = await new(made)
            name = path.partition("[")[0]
            with pytest.raises(Invalid):
                await made.subscriptions.change(TENANT, subscription_id, SubscriptionChange(**{name: given[name]}))


async def test_every_problem_is_told_at_once() -> None:
    async with sealing() as made:
        with pytest.raises(Invalid) as refused:
            await made.subscriptions.create(TENANT, SubscriptionDraft("", (), "a\0", "(", secret="s"))
        assert [problem.path for problem in refused.value.problems] == ["url", "types", "title", "condition", "secret"]


async def test_it_is_changed_switched_and_deleted(store_url: str) -> None:
    async with sealing(store_url) as made:
        subscription_id = await new(made, condition="true")
        made.clock.move(SECOND)
        change = SubscriptionChange(url="http://other.example.com/", types=("a", "b"), title="T", condition=None)
        changed = await made.subscriptions.change(TENANT, subscription_id, change)
        assert (changed.url, changed.types, changed.title) == ("http://other.example.com/", ("a", "b"), "T")
        assert changed.condition is None
        off = await made.subscriptions.change(TENANT, subscription_id, SubscriptionChange(enabled=False))
        assert (off.enabled, off.reason, off.since) == (False, "", changed.since)
        made.clock.move(SECOND)
        on = await made.subscriptions.change(TENANT, subscription_id, SubscriptionChange(enabled=True))
        assert on.since > off.since
        assert on == await made.subscriptions.get(TENANT, subscription_id)
        await made.subscriptions.delete(TENANT, subscription_id)
        with pytest.raises(NotFound):
            await made.subscriptions.get(TENANT, subscription_id)


@pytest.mark.parametrize("subscription_id", [NOBODY, "none", "a\0b", ""])
async def test_what_is_not_there_is_not_found(store_url: str, subscription_id: str) -> None:
    async with sealing(store_url) as made:
        theirs = (await made.subscriptions.create("another", DRAFT))[0].id
        for missing in (subscription_id, theirs):
            for call in (
                made.subscriptions.get(TENANT, missing),
                made.subscriptions.change(TENANT, missing, SubscriptionChange(title="mine")),
                made.subscriptions.delete(TENANT, missing),
                made.subscriptions.rotate(TENANT, missing),
                made.subscriptions.test(TENANT, missing),
                made.subscriptions.deliveries(TENANT, missing, None, 50),
                made.subscriptions.redeliver(TENANT, missing, NOBODY),
            ):
                with pytest.raises(NotFound):
                    await call
        assert (await made.subscriptions.get("another", theirs)).title == "CRM"


async def test_a_list_is_in_pages_oldest_first(store_url: str) -> None:
    async with sealing(store_url) as made:
        ids = [await new(made) for _ in range(5)]
        first = await made.subscriptions.list(TENANT, None, 3)
        second = await made.subscriptions.list(TENANT, first.next, 3)
        assert [each.id for each in (*first.items, *second.items)] == ids
        assert second.next is None
        assert (await made.subscriptions.list("another", None, 3)).items == ()


async def test_a_rotation_keeps_the_secret_before_for_a_day(store_url: str) -> None:
    async with sealing(store_url) as made:
        accepted, old = await made.subscriptions.create(TENANT, DRAFT)
        fresh = await made.subscriptions.rotate(TENANT, accepted.id)
        rotated = await made.subscriptions.get(TENANT, accepted.id)
        assert made.subscriptions.secret(rotated) == fresh != old
        assert rotated.previous_until is not None
        assert abs(rotated.previous_until - made.clock.now() - DAY) < 60 * SECOND
        ((job,),) = await made.store.insert_jobs(
            made.subscriptions.jobs_for([rotated], happened(made)), made.clock.now()
        )
        receiver = await made.subscriptions.outgoing.receiver(TENANT, accepted.id, job.id)
        assert receiver.keys == (key_of(fresh), key_of(old))
        assert fresh not in repr(receiver)
        made.clock.move(DAY + SECOND)
        assert (await made.subscriptions.outgoing.receiver(TENANT, accepted.id, job.id)).keys == (key_of(fresh),)


async def test_a_rotation_to_a_given_secret_may_be_repeated(store_url: str) -> None:
    async with sealing(store_url) as made:
        accepted, old = await made.subscriptions.create(TENANT, DRAFT)
        assert await made.subscriptions.rotate(TENANT, accepted.id, GIVEN) == GIVEN
        before = await made.subscriptions.get(TENANT, accepted.id)
        assert await made.subscriptions.rotate(TENANT, accepted.id, GIVEN) == GIVEN
        assert await made.subscriptions.get(TENANT, accepted.id) == before
        ((job,),) = await made.store.insert_jobs(
            made.subscriptions.jobs_for([before], happened(made)), made.clock.now()
        )
        receiver = await made.subscriptions.outgoing.receiver(TENANT, accepted.id, job.id)
        assert receiver.keys == (key_of(GIVEN), key_of(old))
        with pytest.raises(Invalid) as refused:
            await made.subscriptions.rotate(TENANT, accepted.id, "whsec_short")
        assert [problem.path for problem in refused.value.problems] == ["secret"]


async def test_a_rotation_whose_answer_was_lost_keeps_the_secret_before(store_url: str) -> None:
    async with sealing(store_url) as made:
        accepted, old = await made.subscriptions.create(TENANT, DRAFT)
        made.faults.lose_answer("change_subscription")
        fresh = await made.subscriptions.rotate(TENANT, accepted.id)
        rotated = await made.subscriptions.get(TENANT, accepted.id)
        ((job,),) = await made.store.insert_jobs(
            made.subscriptions.jobs_for([rotated], happened(made)), made.clock.now()
        )
        receiver = await made.subscriptions.outgoing.receiver(TENANT, accepted.id, job.id)
        assert receiver.keys == (key_of(fresh), key_of(old))


async def test_each_subscription_gets_an_event_once(store_url: str) -> None:
    async with sealing(store_url) as made:
        ids = [await new(made) for _ in range(2)]
        subscriptions = [await made.subscriptions.get(TENANT, each) for each in ids]
        for _ in range(2):
            inserts = made.subscriptions.jobs_for(subscriptions, happened(made))
            accepted = await made.store.insert_jobs(inserts, made.clock.now())
        assert [answer.duplicate for (answer,) in accepted] == [True, True]
        await made.store.insert_jobs(
            made.subscriptions.jobs_for(subscriptions[:1], happened(made, "17.4")), made.clock.now()
        )
        first = (await made.subscriptions.deliveries(TENANT, ids[0], None, 50)).items
        second = (await made.subscriptions.deliveries(TENANT, ids[1], None, 50)).items
        assert [each.delivery.event_id for each in first] == ["17.4", "17.3"]
        assert [each.delivery.event_id for each in second] == ["17.3"]
        assert [(each.state, each.attempts, each.error) for each in second] == [("PENDING", 0, None)]
        job = await made.store.get_job(TENANT, second[0].job_id)
        assert (job.kind, job.correlation_id, job.retry) == (DELIVERY_KIND, webhook_id("17.3"), POLICY)
        assert (job.concurrency_key, AT_ONCE) == (f"deliver:{ids[1]}", 20)


async def test_a_redelivery_is_another_job_for_the_same_event(store_url: str) -> None:
    async with sealing(store_url) as made:
        subscription_id = await new(made)
        subscription = await made.subscriptions.get(TENANT, subscription_id)
        ((first,),) = await made.store.insert_jobs(
            made.subscriptions.jobs_for([subscription], happened(made)), made.clock.now()
        )
        again = await made.subscriptions.redeliver(TENANT, subscription_id, first.id, once(made))
        repeat = await made.subscriptions.redeliver(TENANT, subscription_id, first.id, once(made))
        assert again.id != first.id
        assert (repeat.id, repeat.duplicate) == (again.id, True)
        jobs = [await made.store.get_job(TENANT, job_id) for job_id in (first.id, again.id)]
        assert jobs[0].payload == jobs[1].payload
        listed = (await made.subscriptions.deliveries(TENANT, subscription_id, None, 50)).items
        assert [each.job_id for each in listed] == [again.id, first.id]
        assert {each.delivery.event_id for each in listed} == {"17.3"}
        other = await new(made)
        for job_id in (NOBODY, again.id):
            with pytest.raises(NotFound):
                await made.subscriptions.redeliver(TENANT, other, job_id)


async def test_one_that_is_off_is_neither_tested_nor_redelivered(store_url: str) -> None:
    async with sealing(store_url) as made:
        subscription_id = await new(made)
        tested = await made.subscriptions.test(TENANT, subscription_id)
        await made.subscriptions.change(TENANT, subscription_id, SubscriptionChange(enabled=False))
        with pytest.raises(Conflict, match="enable it first"):
            await made.subscriptions.test(TENANT, subscription_id)
        with pytest.raises(Conflict, match="enable it first"):
            await made.subscriptions.redeliver(TENANT, subscription_id, tested.id)
        page = await made.store.list_jobs(TENANT, JobFilter(kind=DELIVERY_KIND), made.clock.now(), None, 50)
        assert len(page.items) == 1


async def test_a_test_is_of_its_own_type_and_sent_once(store_url: str) -> None:
    async with sealing(store_url) as made:
        subscription_id = await new(made, condition="false")
        tested = await made.subscriptions.test(TENANT, subscription_id, once(made))
        assert (await made.subscriptions.test(TENANT, subscription_id, once(made))).id == tested.id
        (delivery,) = (await made.subscriptions.deliveries(TENANT, subscription_id, None, 50)).items
        assert delivery.delivery.event_type == "holdfast.test"
        assert webhook_id(delivery.delivery.event_id).startswith("evt_test-")


async def test_whatever_changes_one_tells_who_delivers() -> None:
    async with sealing() as made:
        subscription_id = await new(made)
        version = await made.store.listener_version()
        for call in (
            lambda: made.subscriptions.change(TENANT, subscription_id, SubscriptionChange(title="T")),
            lambda: made.subscriptions.rotate(TENANT, subscription_id),
            lambda: made.subscriptions.outgoing.gone(TENANT, subscription_id, URL),
            lambda: made.subscriptions.delete(TENANT, subscription_id),
            lambda: made.subscriptions.create(TENANT, DRAFT),
        ):
            with made.wakeups.subscribe(TRIGGERS) as news:
                await call()
                assert await news.wait(SECOND)
            version, before = await made.store.listener_version(), version
            assert version != before
