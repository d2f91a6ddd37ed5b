"""The SQLite store: the parts of the port, put together, and its life: open, migrate, close."""

from holdfast.model.instant import Instant
from holdfast.stores.sqlite import schema
from holdfast.stores.sqlite.answers import Answers
from holdfast.stores.sqlite.backfills import Backfills
from holdfast.stores.sqlite.children import Children
from holdfast.stores.sqlite.clock import host_now
from holdfast.stores.sqlite.control import Control
from holdfast.stores.sqlite.deliver import Deliveries
from holdfast.stores.sqlite.events import Events
from holdfast.stores.sqlite.feed import EventFeed
from holdfast.stores.sqlite.firings import Firings
from holdfast.stores.sqlite.gates import Gates
from holdfast.stores.sqlite.gathering import Gatherings
from holdfast.stores.sqlite.invariants import violations
from holdfast.stores.sqlite.invites import Invites
from holdfast.stores.sqlite.jobs import Jobs
from holdfast.stores.sqlite.keys import Keys
from holdfast.stores.sqlite.leads import Leads
from holdfast.stores.sqlite.logs import Logs
from holdfast.stores.sqlite.mail import Mails
from holdfast.stores.sqlite.members import Members
from holdfast.stores.sqlite.people import People
from holdfast.stores.sqlite.pruning import Pruning
from holdfast.stores.sqlite.purge import Purge
from holdfast.stores.sqlite.queues import Queues
from holdfast.stores.sqlite.rules import AutomationRules
from holdfast.stores.sqlite.runs import Runs
from holdfast.stores.sqlite.sealed import Sealed
from holdfast.stores.sqlite.secrets import Secrets
from holdfast.stores.sqlite.sessions import Sessions
from holdfast.stores.sqlite.statistics import Statistics
from holdfast.stores.sqlite.steps import Steps
from holdfast.stores.sqlite.subscriptions import Subscriptions
from holdfast.stores.sqlite.tenants import Tenants
from holdfast.stores.sqlite.throttles import Throttles
from holdfast.stores.sqlite.triggers import Triggers
from holdfast.stores.sqlite.waits import Waits
from holdfast.stores.sqlite.workers import Workers
from holdfast.stores.sqlite.workflows import Workflows


class SQLiteStore(
    Jobs,
    Gates,
    Control,
    Steps,
    Queues,
    Statistics,
    Logs,
    Workers,
    Runs,
    Children,
    Waits,
    Deliveries,
    Workflows,
    Triggers,
    Firings,
    Backfills,
    AutomationRules,
    Gatherings,
    Leads,
    Subscriptions,
    Secrets,
    Sealed,
    Events,
    EventFeed,
    People,
    Members,
    Sessions,
    Invites,
    Keys,
    Throttles,
    Answers,
    Mails,
    Tenants,
    Purge,
    Pruning,
):
    """``Store`` on one file. Several processes of one host may open it; each has its own writer thread."""

    async def migrate(self) -> list[str]:
        return await self._write(lambda db: schema.migrate(db, host_now()))

    async def pending_migrations(self) -> list[str]:
        return await self._read(lambda db: [migration.name for migration in schema.pending(db)])

    async def clock(self) -> Instant:
        return host_now()

    async def check_invariants(self, now: Instant) -> list[str]:
        return await self._read(lambda db: violations(db, now))
