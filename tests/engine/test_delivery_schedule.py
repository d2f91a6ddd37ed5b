"""A delivery through days of failures, on a clock that is moved: a real engine, worker and receiver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from holdfast.compose import build
from holdfast.engine.engine import Engine
from holdfast.engine.subscription_drafts import SubscriptionDraft
from holdfast.engine.wakeups import queue_topic
from holdfast.model.delivery import WAITS
from holdfast.model.instant import DAY, MINUTE, SECOND
from holdfast.model.job import ALL_QUEUES
from holdfast.model.records import JobRecord
from holdfast.settings import load
from holdfast.testing.clock import MovableClock
from tests.engine.world import TENANT
from tests.support.waiting import eventually
from tests.support.webhooks import WebhookServer, webhook_server


@dataclass
class Scene:
    engine: Engine
    clock: MovableClock
    receiver: WebhookServer
    subscription: str
    secret: str

    async def job(self, job_id: str) -> JobRecord:
        return await self.engine.store.get_job(TENANT, job_id)

    async def attempted(self, job_id: str, times: int) -> JobRecord:
        """The job once so many attempts of it are over."""

        async def look() -> JobRecord | None:
            job = await self.job(job_id)
            return job if job.attempt == times and job.state != "RUNNING" else None

        found = await eventually(look, message=f"attempt {times}")
        assert found is not None
        return found


@asynccontextmanager
async def scene(url: str) -> AsyncIterator[Scene]:
    clock = MovableClock()
    settings = load(database_url=url, secret_key="k" * 40).model_copy(update={"lease": 1_000 * DAY})
    engine = await build(settings, role="all", clock=clock, maintained=False)
    clock.on_move(lambda: engine.wakeups.notify({queue_topic(ALL_QUEUES)}))
    async with engine, webhook_server() as receiver:
        accepted, secret = await engine.subscriptions.create(TENANT, SubscriptionDraft(receiver.url, ("*",)))
        yield Scene(engine, clock, receiver, accepted.id, secret)


async def test_ten_attempts_over_three_days_then_a_dead_letter(store_url: str) -> None:
    async with scene(store_url) as made:
        made.receiver.answer(500, text="no")
        job_id = (await made.engine.subscriptions.test(TENANT, made.subscription)).id
        for number, wait in enumerate(WAITS, start=1):
            job = await made.attempted(job_id, number)
            assert job.state == "SCHEDULED"
            asked = job.run_at - made.clock.now()
            assert wait - MINUTE <= asked < wait * 1.1
            made.clock.move((asked + SECOND) / SECOND)
        dead = await made.attempted(job_id, 10)
        assert dead.state == "DEAD"
        assert len(made.receiver.received) == 10
        assert {request.id for request in made.receiver.received} == {made.receiver.received[0].id}
        assert len({request.headers["webhook-timestamp"] for request in made.receiver.received}) == 10
        assert all(request.signed_by(made.secret) for request in made.receiver.received)


async def test_a_dead_letter_that_is_replayed_begins_the_schedule_anew(store_url: str) -> None:
    async with scene(store_url) as made:
        made.receiver.answer(500)
        job_id = (await made.engine.subscriptions.test(TENANT, made.subscription)).id
        for number in range(1, 10):
            job = await made.attempted(job_id, number)
            made.clock.move((job.run_at - made.clock.now() + SECOND) / SECOND)
        assert (await made.attempted(job_id, 10)).state == "DEAD"
        await made.engine.jobs.retry(TENANT, job_id)
        again = await made.attempted(job_id, 11)
        assert again.state == "SCHEDULED"
        assert again.run_at - made.clock.now() < 6 * SECOND
        made.receiver.answer(200)
        made.clock.move(10)
        assert (await made.attempted(job_id, 12)).state == "SUCCEEDED"


async def test_a_receiver_says_when_to_come_back(store_url: str) -> None:
    async with scene(store_url) as made:
        made.receiver.answer(429, Retry_After="7200")
        job_id = (await made.engine.subscriptions.test(TENANT, made.subscription)).id
        waits = await made.attempted(job_id, 1)
        assert 7_100 * SECOND < waits.run_at - made.clock.now() <= 7_200 * SECOND
        made.receiver.answer(200)
        made.clock.move("2h")
        assert (await made.attempted(job_id, 2)).state == "SUCCEEDED"
