"""``event.deliver`` against a real receiver, over a real store: what it sends, and what each answer comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web

from holdfast.engine.subscription_drafts import SubscriptionDraft
from holdfast.model.delivery import WAITS
from holdfast.model.egress import Egress
from holdfast.model.event import Event
from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND, format_instant
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Cancelled, Failed, Outcome, Snoozed, Succeeded
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.nodes import event_deliver
from holdfast.nodes.event_deliver import EventDeliver
from holdfast.outgoing.guard import EgressGuard
from holdfast.outgoing.http import OutgoingHttp
from holdfast.ports import NodeContext, SubscriptionChange
from tests.engine.sealing import Sealing, sealing
from tests.engine.world import TENANT
from tests.nodes.conftest import OpenSession, Serve
from tests.support.webhooks import WebhookServer, webhook_server


@dataclass
class Scene:
    """A subscription and its receiver."""

    made: Sealing
    receiver: WebhookServer
    node: EventDeliver
    id: str
    secret: str

    async def job(self, event: Event | None = None) -> str:
        """The job of a delivery, inserted as the dispatcher does."""
        subscription = await self.made.subscriptions.get(TENANT, self.id)
        jobs = self.made.subscriptions.jobs_for([subscription], event or happened(self.made))
        ((accepted,),) = await self.made.store.insert_jobs(jobs, self.made.clock.now())
        return accepted.id

    async def attempt(self, job_id: str, used: int = 1) -> Outcome:
        job = await self.made.store.get_job(TENANT, job_id)
        assert isinstance(job.payload, dict)
        context = NodeContext(
            job_id=job_id,
            tenant=TENANT,
            kind=DELIVERY_KIND,
            attempt=used,
            idempotency_key=job_id,
            correlation_id=job.correlation_id,
            created_at=job.created_at,
            now=self.made.clock.now(),
            used=used,
        )
        return await self.node.execute(context, job.payload)

    async def deliver(self, used: int = 1) -> Outcome:
        return await self.attempt(await self.job(), used)

    async def refused(self, used: int = 1) -> Failed:
        outcome = await self.deliver(used)
        assert isinstance(outcome, Failed), outcome
        return outcome


def happened(made: Sealing, cursor: str = "17.3") -> Event:
    told: JSONObject = {"id": "theirs", "total": 7, "name": "Müller"}
    return Event(cursor, TENANT, "order.paid", made.clock.now(), told, None, None, None, "order-17")


@pytest.fixture
async def scene(open_session: OpenSession) -> AsyncIterator[Scene]:
    async with sealing() as made, webhook_server() as receiver:
        draft = SubscriptionDraft(receiver.url, ("order.*",))
        accepted, secret = await made.subscriptions.create(TENANT, draft)
        node = EventDeliver(open_session(), made.subscriptions.outgoing)
        yield Scene(made, receiver, node, accepted.id, secret)


async def test_an_event_arrives_whole_and_signed(scene: Scene) -> None:
    event = happened(scene.made)
    assert await scene.attempt(await scene.job(event)) == Succeeded({"status": 200})
    (got,) = scene.receiver.received
    assert got.json == {
        "id": "17.3",
        "type": "order.paid",
        "timestamp": format_instant(event.at),
        "subject": "order-17",
        "run": None,
        "node": None,
        "job": None,
        "data": event.data,
    }
    assert (got.path, got.id, got.headers["content-type"]) == ("/hook?for=tests", "evt_17-3", "application/json")
    assert got.headers["user-agent"].startswith("holdfast/")
    assert abs(int(got.headers["webhook-timestamp"]) - scene.made.clock.now() // SECOND) < 60
    assert len(got.signatures) == 1
    assert got.signed_by(scene.secret)
    assert not got.signed_by("whsec_" + "A" * 43 + "=")


async def test_each_attempt_has_its_own_time_and_the_same_id(scene: Scene) -> None:
    job_id = await scene.job()
    await scene.attempt(job_id)
    scene.made.clock.move(HOUR)
    await scene.attempt(job_id, used=2)
    first, second = scene.receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) >= 3_600
    assert second.signed_by(scene.secret)


async def test_while_a_secret_is_replaced_both_sign_for_a_day(scene: Scene) -> None:
    new = await scene.made.subscriptions.rotate(TENANT, scene.id)
    await scene.deliver()
    scene.made.clock.move(DAY - MINUTE)
    await scene.deliver()
    scene.made.clock.move(2 * MINUTE)
    await scene.deliver()
    during, still, after = scene.receiver.received
    for both in (during, still):
        assert len(both.signatures) == 2
        assert both.signed_by(new)
        assert both.signed_by(scene.secret)
    assert len(after.signatures) == 1
    assert after.signed_by(new)
    assert not after.signed_by(scene.secret)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_2xx_is_delivered(scene: Scene, status: int) -> None:
    scene.receiver.answer(status)
    assert await scene.deliver() == Succeeded({"status": status})


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 408, 500, 502, 503, 504])
async def test_anything_else_is_tried_again_on_the_schedule(scene: Scene, status: int) -> None:
    scene.receiver.answer(status, text="not today", Location=scene.receiver.url)
    for used, wait in enumerate(WAITS, start=1):
        outcome = await scene.refused(used)
        assert not outcome.final
        assert outcome.error.as_json() == {
            "type": "http_status",
            "message": f"the receiver answered {status}",
            "status": status,
            "answer": "not today",
        }
        assert outcome.retry_after is not None
        assert wait <= outcome.retry_after < wait * 1.1
    assert len(scene.receiver.received) == len(WAITS)


@pytest.mark.parametrize("status", [429, 503])
async def test_429_and_503_may_ask_for_a_longer_wait(scene: Scene, status: int) -> None:
    scene.receiver.answer(status, Retry_After="120")
    assert (await scene.refused(1)).retry_after == 120 * SECOND
    later = (await scene.refused(2)).retry_after
    assert later is not None
    assert later >= 5 * MINUTE
    scene.receiver.answer(status, Retry_After="soon")
    assert ((await scene.refused(1)).retry_after or 0) < 6 * SECOND


async def test_retry_after_of_another_status_means_nothing(scene: Scene) -> None:
    scene.receiver.answer(500, Retry_After="120")
    assert ((await scene.refused(1)).retry_after or 0) < 6 * SECOND


async def test_410_switches_the_subscription_off_and_ends_the_delivery(scene: Scene) -> None:
    scene.receiver.answer(410, text="moved away")
    outcome = await scene.refused()
    assert outcome.final
    assert (outcome.error.type, outcome.error.details["answer"]) == ("gone", "moved away")
    off = await scene.made.subscriptions.get(TENANT, scene.id)
    assert not off.enabled
    assert "410" in off.reason
    on = await scene.made.subscriptions.change(TENANT, scene.id, SubscriptionChange(enabled=True))
    assert (on.enabled, on.reason) == (True, "")
    assert on.since >= off.updated_at


async def test_410_of_an_address_that_was_replaced_meanwhile_switches_nothing_off(scene: Scene) -> None:
    await scene.made.subscriptions.outgoing.gone(TENANT, scene.id, "http://elsewhere.example.com/")
    assert (await scene.made.subscriptions.get(TENANT, scene.id)).enabled


async def test_a_subscription_that_is_off_gets_nothing(scene: Scene) -> None:
    job_id = await scene.job()
    await scene.made.subscriptions.change(TENANT, scene.id, SubscriptionChange(enabled=False))
    outcome = await scene.attempt(job_id)
    assert isinstance(outcome, Cancelled)
    assert outcome.error is not None
    assert outcome.error.message == "the subscription is off"
    assert scene.receiver.received == []


async def test_a_subscription_that_was_deleted_gets_nothing(scene: Scene) -> None:
    job_id = await scene.job()
    await scene.made.subscriptions.delete(TENANT, scene.id)
    outcome = await scene.attempt(job_id)
    assert isinstance(outcome, Cancelled)
    assert outcome.error is not None
    assert outcome.error.message == "the subscription was deleted"
    assert scene.receiver.received == []


async def test_a_job_that_no_event_made_is_neither_signed_nor_sent(scene: Scene) -> None:
    forged: JSONObject = {"subscription": scene.id, "event": {"id": "1", "type": "order.paid", "data": {}}}
    context = NodeContext(
        "019c0000-0000-7000-8000-000000000001", TENANT, DELIVERY_KIND, 1, "key", "c", 0, scene.made.clock.now()
    )
    outcome = await scene.node.execute(context, forged)
    assert isinstance(outcome, Cancelled)
    assert outcome.error is not None
    assert "wasn't made by an event" in outcome.error.message
    assert scene.receiver.received == []


async def test_another_tenants_subscription_is_not_there(scene: Scene) -> None:
    job_id = await scene.job()
    context = NodeContext(job_id, "another", DELIVERY_KIND, 1, "key", "c", 0, scene.made.clock.now())
    outcome = await scene.node.execute(context, {"subscription": scene.id, "event": {}})
    assert isinstance(outcome, Cancelled)
    assert scene.receiver.received == []


async def test_while_the_store_is_away_a_delivery_waits_and_uses_nothing(scene: Scene) -> None:
    job_id = await scene.job()
    scene.made.faults.lose("get_subscription")
    assert isinstance(await scene.attempt(job_id), Snoozed)
    assert isinstance(await scene.attempt(job_id), Succeeded)


async def test_a_secret_of_another_key_is_named_with_the_way_out(scene: Scene, open_session: OpenSession) -> None:
    scene.node = EventDeliver(open_session(), scene.made.subscriptions_under("x" * 40).outgoing)
    outcome = await scene.refused()
    assert not outcome.final
    assert outcome.error.type == "secret"
    assert outcome.error.message.startswith("the signing secret of the subscription was sealed with another secret key")
    assert "rotate it" in outcome.error.message
    assert scene.receiver.received == []


async def test_of_a_long_answer_the_beginning_is_kept(scene: Scene) -> None:
    scene.receiver.answer(500, text="ä\0" + "a" * 1_000_000)
    answer = (await scene.refused()).error.details["answer"]
    assert isinstance(answer, str)
    assert len(answer.encode()) <= 1_024 + 8
    assert answer.startswith("ä\N{REPLACEMENT CHARACTER}aaa")


async def test_an_answer_that_is_no_text_can_be_kept(serve: Serve, scene: Scene) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=500, body=bytes(range(256)))

    await move_to(scene, str((await serve(handler)).make_url("/")))
    assert isinstance((await scene.refused()).error.details["answer"], str)


async def test_a_status_counts_though_its_body_never_ends(
    serve: Serve, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=410)
        await response.prepare(request)
        await response.write(b"moved away")
        await over.wait()
        return response

    monkeypatch.setattr(event_deliver, "_READING_SECONDS", 0.2)
    await move_to(scene, str((await serve(handler)).make_url("/")))
    outcome = await scene.refused()
    over.set()
    assert (outcome.error.type, outcome.error.details["answer"]) == ("gone", "moved away")


async def test_a_receiver_that_takes_too_long_is_given_up(
    serve: Serve, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    monkeypatch.setattr(event_deliver, "PATIENCE", SECOND // 5)
    await move_to(scene, str((await serve(handler)).make_url("/")))
    outcome = await scene.refused()
    never.set()
    assert (outcome.error.type, outcome.final) == ("timeout", False)


async def test_a_receiver_that_is_not_there_is_tried_again(serve: Serve, scene: Scene) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    await move_to(scene, str((await serve(handler)).make_url("/token-in-the-path")))
    broken = await scene.refused()
    await move_to(scene, "http://127.0.0.1:9/token-in-the-path")
    closed = await scene.refused()
    for outcome in (broken, closed):
        assert (outcome.error.type, outcome.final) == ("connection", False)
        assert "token-in-the-path" not in str(outcome)


async def test_an_address_that_is_not_open_is_told_apart(scene: Scene, open_session: OpenSession) -> None:
    scene.node = EventDeliver(open_session("public"), scene.made.subscriptions.outgoing)
    outcome = await scene.refused()
    assert (outcome.error.type, outcome.final) == ("address_not_allowed", False)
    assert scene.receiver.received == []


async def test_it_goes_only_where_its_tenant_may(scene: Scene) -> None:
    async def nowhere(tenant: str) -> Egress:
        return Egress(only=("api.example.com",) if tenant == TENANT else None)

    outgoing = OutgoingHttp(EgressGuard("loopback"), egress=nowhere)
    scene.node = EventDeliver(outgoing, scene.made.subscriptions.outgoing)
    assert (await scene.refused()).error.type == "address_not_allowed"
    assert scene.receiver.received == []
    await outgoing.close()


async def move_to(scene: Scene, url: str) -> None:
    await scene.made.subscriptions.change(TENANT, scene.id, SubscriptionChange(url=url))
