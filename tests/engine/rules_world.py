"""A world whose triggers act: rules, events that start, gatherings. Parts are stepped by hand or left to go."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from holdfast.cron import Crons
from holdfast.engine.rules import Rules
from holdfast.engine.triggers.dispatcher import Deliveries, Dispatcher
from holdfast.engine.triggers.gather_flusher import GatherFlusher
from holdfast.engine.triggers.listening import Listening
from holdfast.model.event import Event
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import JobFilter, JobRecord
from holdfast.model.subscription import Subscription
from holdfast.model.trigger import FiringFilter, FiringRecord, Owner, TriggerRecord
from holdfast.ports import NewJobs, NewTenant
from tests.engine.kinds import Kind
from tests.engine.world import TENANT, World

MANY = 1_000


def no_deliveries(subscriptions: Sequence[Subscription], event: Event) -> Iterable[NewJobs]:
    """For worlds without subscriptions."""
    assert not subscriptions
    return ()


def rule(name: str = "rule", **fields: JSON) -> JSONObject:
    """A rule that inserts one job of kind ``told`` with what it saw, for each ``order.created``."""
    trigger: JSONObject = {"type": "event", "event": "order.created"}
    jobs: JSON = [{"kind": "told", "payload": {"data": "{{ event.data }}"}}]
    return {"name": name, "trigger": trigger, "jobs": jobs, **fields}


class RulesWorld(World):
    def __init__(self, url: str, *kinds: Kind) -> None:
        super().__init__(url, *kinds)
        self.rules = Rules(self.store, self.clock, self.entropy, self.wakeups, Crons(), self.starts)
        self.dispatcher = self.new_dispatcher()
        self.flusher = self.new_flusher()

    def new_dispatcher(self, deliveries: Deliveries = no_deliveries) -> Dispatcher:
        """As another process has one."""
        return Dispatcher(
            self.store,
            self.clock,
            self.entropy,
            self.wakeups,
            Listening(self.store),
            self.starts,
            self.jobs,
            deliveries,
        )

    def new_flusher(self) -> GatherFlusher:
        return GatherFlusher(self.store, self.clock, self.entropy, self.wakeups, Listening(self.store), self.starts)

    async def dispatch(self) -> None:
        """Until the log holds nothing new."""
        while await self.dispatcher.run_once():
            pass

    async def create(self, document: JSONObject, **named: Any) -> str:
        return (await self.rules.create(TENANT, document, **named)).id

    async def post(self, event_type: str = "order.created", tenant: str = TENANT, **data: JSON) -> str:
        return (await self.events.post(tenant, event_type, data)).id

    async def trigger(self, rule_id: str) -> TriggerRecord:
        (record,) = (await self.real.list_triggers(TENANT, Owner("rule", rule_id), (), None, MANY)).items
        return record

    async def told(self, tenant: str = TENANT, kind: str = "told") -> list[JSON]:
        """The payloads of the jobs that rules inserted, oldest first."""
        return [job.payload for job in await self.made(tenant, kind)]

    async def made(self, tenant: str = TENANT, kind: str = "told") -> list[JobRecord]:
        page = await self.real.list_jobs(tenant, JobFilter(kind=kind), self.clock.now(), None, MANY)
        return sorted(page.items, key=lambda job: job.id)

    async def firings(self, tenant: str = TENANT, **wanted: Any) -> list[FiringRecord]:
        """Newest first."""
        return list((await self.real.list_firings(tenant, FiringFilter(**wanted), None, MANY)).items)

    async def verdicts(self) -> list[str]:
        """Oldest first."""
        return [record.firing.verdict for record in reversed(await self.firings())]

    async def tenant(self, tenant: str, **attributes: JSON) -> None:
        await self.real.create_tenant(NewTenant(tenant, f"Tenant {tenant}", attributes=attributes), self.clock.now())


@asynccontextmanager
async def rules_world(*kinds: Kind, url: str = "memory:") -> AsyncIterator[RulesWorld]:
    async with RulesWorld(url, *kinds) as made:
        yield made
        await made.sound()
