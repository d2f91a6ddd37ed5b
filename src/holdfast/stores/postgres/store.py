"""The ``Store`` on PostgreSQL: every part of it, on one pool of connections."""

from holdfast.model.instant import Instant
from holdfast.stores.postgres.answers import Answers
from holdfast.stores.postgres.backfills import Backfills
from holdfast.stores.postgres.control import Control
from holdfast.stores.postgres.delivery import Deliveries
from holdfast.stores.postgres.feed import EventFeed
from holdfast.stores.postgres.firings import Firings
from holdfast.stores.postgres.gates import Gates
from holdfast.stores.postgres.gathering import Gatherings
from holdfast.stores.postgres.insert import Insert
from holdfast.stores.postgres.invariants import Invariants
from holdfast.stores.postgres.invites import Invites
from holdfast.stores.postgres.keys import Keys
from holdfast.stores.postgres.logs import Logs
from holdfast.stores.postgres.mail import Mails
from holdfast.stores.postgres.members import Members
from holdfast.stores.postgres.migrate import Migrate
from holdfast.stores.postgres.offers import Offers
from holdfast.stores.postgres.people import People
from holdfast.stores.postgres.prune import Prune
from holdfast.stores.postgres.purge import Purge
from holdfast.stores.postgres.queues import Queues
from holdfast.stores.postgres.rules import AutomationRules
from holdfast.stores.postgres.sealed import Sealed
from holdfast.stores.postgres.secrets import Secrets
from holdfast.stores.postgres.sessions import Sessions
from holdfast.stores.postgres.signals import Signals
from holdfast.stores.postgres.starting import Admission
from holdfast.stores.postgres.statistics import Statistics
from holdfast.stores.postgres.steps import Steps
from holdfast.stores.postgres.subscriptions import Subscriptions
from holdfast.stores.postgres.tenants import Tenants
from holdfast.stores.postgres.throttles import Throttles
from holdfast.stores.postgres.triggers import Triggers
from holdfast.stores.postgres.workers import Workers
from holdfast.stores.postgres.workflows import Workflows

CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class PostgresStore(
    Insert,
    Signals,
    Admission,
    Deliveries,
    Control,
    Steps,
    Queues,
    Statistics,
    Logs,
    Offers,
    Gates,
    Workers,
    Workflows,
    Triggers,
    Firings,
    Backfills,
    Gatherings,
    AutomationRules,
    Subscriptions,
    Secrets,
    Sealed,
    EventFeed,
    People,
    Members,
    Sessions,
    Invites,
    Keys,
    Throttles,
    Answers,
    Tenants,
    Purge,
    Mails,
    Invariants,
    Prune,
    Migrate,
):
    name = "postgresql"
    shared = True

    async def open(self) -> None:
        await self._db.open()

    async def close(self) -> None:
        await self._db.close()

    async def clock(self) -> Instant:
        now: Instant = await self._db.value(CLOCK)
        return now
