"""The adapters that the settings ask for: store, broker, mail, and what steps may reach. Nothing else names them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from holdfast.engine.broker import Broker
from holdfast.engine.graphs import Graphs
from holdfast.engine.inputs import Inputs
from holdfast.engine.notifiers import Notifiers
from holdfast.engine.wakeups import Wakeups
from holdfast.local import is_alone, is_loopback
from holdfast.model.egress import Egress
from holdfast.model.errors import Unavailable
from holdfast.model.graph import Graph
from holdfast.model.json import JSONObject
from holdfast.model.validate import load_workflow
from holdfast.nodes.sql_statement import DatabaseReach
from holdfast.outgoing.databases import database_reach
from holdfast.outgoing.guard import EgressGuard, reach_of
from holdfast.outgoing.http import OutgoingHttp
from holdfast.outgoing.mailbox import MailboxTransport
from holdfast.outgoing.smtp import SmtpTransport, read_smtp_url
from holdfast.ports import MailTransport, Notifier, Observer, Store
from holdfast.ports.inspection import Look
from holdfast.schema import JsonSchemas
from holdfast.settings import Settings
from holdfast.stores.postgres.notifier import PostgresNotifier
from holdfast.stores.postgres.store import PostgresStore
from holdfast.stores.sqlite.store import SQLiteStore
from holdfast.streams.inspection import look
from holdfast.streams.link import Link
from holdfast.streams.notifier import RedisNotifier
from holdfast.streams.streams import RedisStreams
from holdfast.system import SystemClock, SystemEntropy

MEMORY: Final = "memory:"
# How long a look at the broker waits for it.
_LOOK: Final = 3.0
NAMESPACE: Final = "namespace"


def is_postgres(settings: Settings) -> bool:
    return settings.database_url.get_secret_value().startswith(("postgresql://", "postgres://"))


async def open_store(settings: Settings) -> Store:
    """The instance's store, connected, for commands that only look at it or migrate it."""
    return await connected_store(settings, Graphs(_no_graphs), SystemEntropy())


async def connected_store(settings: Settings, graphs: Graphs, entropy: SystemEntropy, pool_size: int = 8) -> Store:
    url = settings.database_url.get_secret_value()
    # Its own: a store may look at inputs in a thread of its own.
    checked = Inputs(JsonSchemas()).checked
    store: Store
    if is_postgres(settings):
        store = PostgresStore(
            url, graph_of=graphs.of, new_id=entropy.new_id, checked_input=checked, pool_size=pool_size
        )
    else:
        _make_folder(url)
        store = SQLiteStore(url, graph_of=graphs.of, new_id=entropy.new_id, checked_input=checked)
    await store.open()
    return store


def heart_store(settings: Settings, graphs: Graphs, entropy: SystemEntropy) -> Callable[[], Awaitable[Store]] | None:
    """How the heart's thread opens a store of its own; memory can't be opened twice."""
    if settings.database_url.get_secret_value() == MEMORY:
        return None
    return lambda: connected_store(settings, graphs, entropy, pool_size=1)


def _no_graphs(definition: JSONObject) -> Graph:
    return Graph.of(load_workflow(definition, {}))


def _make_folder(url: str) -> None:
    if url != MEMORY:
        Path(url.removeprefix("sqlite:///")).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def transport_of(settings: Settings, store: Store) -> MailTransport:
    if settings.smtp_url is None:
        return MailboxTransport(store)
    return SmtpTransport(read_smtp_url(settings.smtp_url.get_secret_value()))


def reaches(
    settings: Settings, egress: Callable[[str], Awaitable[Egress]] | None = None
) -> tuple[OutgoingHttp, DatabaseReach]:
    """What steps may reach by HTTP, and which databases. ``egress`` tells what a tenant may, this machine's services
    (``reaches_this_machine``) among it."""
    url = settings.database_url.get_secret_value()
    local_user = _is_local_user(settings)
    guard = EgressGuard(reach_of(settings.allow_private_network, local_user=local_user))
    tenants = reach_of(settings.allow_private_network, local_user=local_user and egress is None)
    outgoing = OutgoingHttp(guard, egress=egress, tenants=tenants)
    return outgoing, database_reach(url, settings.sqlite_folders, outgoing.guard, local_user=local_user)


def reaches_this_machine(settings: Settings) -> bool:
    """Whether steps may reach its services while it has a local user alone."""
    return settings.allow_private_network is None and _is_local_user(settings)


def _is_local_user(settings: Settings) -> bool:
    # A worker listens nowhere: that it works for more than this machine shows by a store on another one.
    return is_alone(settings) and is_here(settings.database_url.get_secret_value())


def is_here(url: str) -> bool:
    """Whether the store is on this machine: a file, memory, a socket or a loopback address."""
    parts = urlsplit(url)
    hosts = [parts.hostname or "", *parse_qs(parts.query).get("host", ())]
    return all(not host or host.startswith("/") or is_loopback(host) for host in hosts)


def notifier(settings: Settings, link: Link | None) -> Notifier | None:
    notifiers: list[Notifier] = [] if link is None else [RedisNotifier(link)]
    if is_postgres(settings):
        notifiers.append(PostgresNotifier(settings.database_url.get_secret_value()))
    return Notifiers(*notifiers) if notifiers else None


async def store_and_link(
    settings: Settings, graphs: Graphs, entropy: SystemEntropy, key: str
) -> tuple[Store, Link | None]:
    """The store, connected, and the way to the broker, if there is one."""
    store = await connected_store(settings, graphs, entropy)
    try:
        return store, link_of(settings, key, await store.identity())
    except BaseException:
        await store.close()
        raise


def link_of(settings: Settings, key: str, store: str) -> Link | None:
    """``store``: its identity."""
    return None if settings.redis_url is None else Link(settings.redis_url.get_secret_value(), key, store)


def broker_of(
    link: Link | None, store: Store, wakeups: Wakeups, clock: SystemClock, entropy: SystemEntropy, observer: Observer
) -> Broker | None:
    """Work of a store that one host has to itself isn't offered: its processes claim as fast."""
    if link is None:
        return None
    offers = store if isinstance(store, PostgresStore) else None
    return Broker(RedisStreams(link), offers, wakeups, clock, entropy, observer)


async def name_link(link: Link | None, store: Store) -> None:
    """The first secret key names the instance's things in Redis for good: another key doesn't part its processes."""
    if link is not None:
        link.rename(await store.keep_instance_value(NAMESPACE, link.namespace))


async def look_at_broker(settings: Settings, key: str, store: Store | None) -> Look:
    """What lies in Redis for the instance with this secret key and store. Raises ``Unavailable``, ``Invalid``."""
    link = link_of(settings, key, "" if store is None else await store.identity())
    if link is None:
        raise Unavailable("Redis isn't used here")
    if store is not None and not await store.pending_migrations():
        link.rename(await store.instance_value(NAMESPACE) or link.namespace)
    await link.open()
    try:
        async with asyncio.timeout(_LOOK):
            await link.until_healthy()
        return await look(link, SystemClock().now())
    except TimeoutError:
        raise Unavailable(link.trouble or "Redis didn't answer") from None
    finally:
        await link.close()
