"""Composition: the one place that names adapters.

``build`` makes an ``Engine`` from settings, with its store open and, where that is this process's business, migrated. A
store that this process can't work with (not migrated, another secret key) is an ``Invalid`` that says the way out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from holdfast.cron import Crons
from holdfast.engine.broker import Broker
from holdfast.engine.callbacks import Callbacks
from holdfast.engine.calls import Calls
from holdfast.engine.engine import Engine
from holdfast.engine.event_publisher import EventPublisher
from holdfast.engine.events import Events
from holdfast.engine.executor import Executor
from holdfast.engine.follower import EventFollower
from holdfast.engine.graphs import Graphs
from holdfast.engine.hooks import Hooks
from holdfast.engine.inputs import Inputs
from holdfast.engine.jobs import Jobs
from holdfast.engine.loop import Loop
from holdfast.engine.maintenance.clock_keeper import ClockKeeper
from holdfast.engine.maintenance.leading import Leading
from holdfast.engine.maintenance.pruner import Pruner
from holdfast.engine.maintenance.rescuer import HUNG_GRACE, Rescuer
from holdfast.engine.maintenance.runs_on import Deliverer, RunAdmitter, WaitTimer
from holdfast.engine.notifiers import Notifiers
from holdfast.engine.offers import Takers
from holdfast.engine.relay import Relay
from holdfast.engine.rule_firing import RuleFiring
from holdfast.engine.rules import Rules
from holdfast.engine.runs import Runs
from holdfast.engine.secrets import Secrets
from holdfast.engine.starts import Starts
from holdfast.engine.subscriptions import Subscriptions
from holdfast.engine.trigger_control import Triggers
from holdfast.engine.triggers.backfills import Backfills
from holdfast.engine.triggers.clock_starts import ClockStarts
from holdfast.engine.triggers.clocks import Clocks
from holdfast.engine.triggers.dispatcher import Dispatcher
from holdfast.engine.triggers.gather_flusher import GatherFlusher
from holdfast.engine.triggers.listening import Listening
from holdfast.engine.triggers.rejections import RejectionWriter
from holdfast.engine.triggers.timekeeper import Timekeeper
from holdfast.engine.wakeups import Wakeups
from holdfast.engine.worker import Parts, Worker, WorkerConfig
from holdfast.engine.workflows import Workflows
from holdfast.local import is_loopback, secret_digest, secret_key
from holdfast.model.errors import Invalid, Problem, Unavailable
from holdfast.model.graph import Graph
from holdfast.model.instant import SECOND, Micros
from holdfast.model.job import ALL_QUEUES
from holdfast.model.json import JSONObject
from holdfast.model.validate import load_workflow
from holdfast.model.workflow import Workflow
from holdfast.nodes.agent_tools import AgentReach
from holdfast.nodes.registry import NodeRegistry
from holdfast.nodes.sql_statement import DatabaseReach
from holdfast.observe.metrics import Metrics
from holdfast.outgoing.databases import database_reach
from holdfast.outgoing.guard import EgressGuard, reach_of
from holdfast.outgoing.http import OutgoingHttp
from holdfast.outgoing.mailbox import MailboxTransport
from holdfast.outgoing.smtp import SmtpTransport, read_smtp_url
from holdfast.ports import MailTransport, Notifier, Store
from holdfast.ports.inspection import Look
from holdfast.samples.tasks import with_samples
from holdfast.schema import JsonSchemas
from holdfast.settings import Settings
from holdfast.stores.postgres.notifier import PostgresNotifier
from holdfast.stores.postgres.store import PostgresStore
from holdfast.stores.sqlite.store import SQLiteStore
from holdfast.streams.events import RedisEventChannels
from holdfast.streams.inspection import look
from holdfast.streams.link import Link
from holdfast.streams.notifier import RedisNotifier
from holdfast.streams.streams import RedisStreams
from holdfast.system import Identity, SystemClock, SystemEntropy
from holdfast.tasks import TaskRegistry, load_tasks
from holdfast.vault import KeyVault

Role = Literal["all", "server", "worker", "relay"]

MEMORY: Final = "memory:"
_RESCUE_EVERY: Final[Micros] = 5 * SECOND
# How long a look at the broker waits for it.
_LOOK: Final = 3.0


def is_postgres(settings: Settings) -> bool:
    return settings.database_url.get_secret_value().startswith(("postgresql://", "postgres://"))


async def open_store(settings: Settings) -> Store:
    """The instance's store, connected, for commands that only look at it or migrate it."""
    return await _open_store(settings, Graphs(_no_graphs), SystemEntropy())


async def build(
    settings: Settings,
    *,
    role: Role,
    queues: Sequence[str] = (ALL_QUEUES,),
    concurrency: int | None = None,
    clock: SystemClock | None = None,
    tasks: TaskRegistry | None = None,
    maintained: bool = True,
) -> Engine:
    """An engine for one process, not started yet. Raises ``Invalid``, ``Unavailable``.

    ``clock`` and ``tasks`` stand in for the machine's clock and for the tasks of the settings' modules; without
    ``maintained`` nothing goes on by itself but the worker.
    """
    clock, entropy, metrics, schemas = clock or SystemClock(), SystemEntropy(), Metrics(), JsonSchemas()
    outgoing, databases = _reaches(settings)
    graphs = Graphs(lambda definition: Graph.of(_limited(load_workflow(definition, registry.specs), settings)))
    key = secret_key(settings)
    link, takers = _link(settings, key), Takers()
    store, wakeups = await _open_store(settings, graphs, entropy), Wakeups(_notifier(settings, link))
    broker = _broker(link, store, wakeups, clock, metrics)
    channels = None if link is None else RedisEventChannels(link)
    runs = Runs(store, clock, entropy, wakeups, metrics, graphs, schemas, takers)
    agents = AgentReach(JsonSchemas(), Calls(runs, store, graphs, clock))
    try:
        vault = KeyVault(key)
        subscriptions = Subscriptions(store, vault, clock, entropy, wakeups)
        # Before anything touches a run: rescuing one advances it, which needs its graph and so the registry.
        known = with_samples(load_tasks(settings.tasks)) if tasks is None else tasks
        transport, receivers = _transport(settings, store), subscriptions.outgoing
        registry = NodeRegistry(outgoing, transport, known, databases=databases, agents=agents, receivers=receivers)
        await _prepare(store, settings, role, key)
        keeper = ClockKeeper(store, clock, entropy, clock.ticks, clock.follow)
        await keeper.run_once()  # before a worker's first lease, which others judge by the store's time
    except BaseException:
        await store.close()
        raise
    callbacks, worker = Callbacks(key, public_address(settings)), None
    if role in ("all", "worker"):
        executor = Executor(registry, graphs, schemas, clock, callbacks)
        more = (_heart_store(settings, graphs, entropy), registry.threads, broker, takers)
        made = Parts(store, graphs, registry, executor, clock, entropy, wakeups, metrics, *more)
        worker = Worker(_worker_config(settings, queues, concurrency, replaceable=role == "worker"), made)
        await registry.warm()
    jobs, secrets = Jobs(store, clock, entropy, wakeups, metrics, takers), Secrets(store, vault, clock, entropy)
    rule_firing = RuleFiring(store, clock, entropy, jobs)
    starts = Starts(store, clock, entropy, wakeups, graphs, runs, metrics, rule_firing)
    rejections = RejectionWriter(store, clock, entropy)
    triggers, clockwork = _clocks(store, graphs, starts, clock, entropy, wakeups, metrics)
    starters = (*clockwork, *_listeners(store, starts, jobs, subscriptions, clock, entropy, wakeups))
    parts = _relays(broker, store, clock, entropy, wakeups, metrics)
    parts += _publishers(channels, role, store, clock, entropy, wakeups)
    maintenance = _maintenance(store, graphs, clock, entropy, wakeups, metrics, settings.retention)
    parts += _under_a_lead(store, clock, entropy, wakeups, (*maintenance, *starters))
    return Engine(
        store=store,
        clock=clock,
        entropy=entropy,
        wakeups=wakeups,
        graphs=graphs,
        specs=registry.specs,
        jobs=jobs,
        workflows=Workflows(store, clock, entropy, registry.specs, schemas, Crons(), wakeups),
        runs=runs,
        hooks=Hooks(store, starts, graphs, secrets, rejections, clock, entropy, wakeups, metrics),
        triggers=triggers,
        rules=Rules(store, clock, entropy, wakeups, Crons(), starts),
        events=Events(store, clock, entropy, wakeups),
        secrets=secrets,
        subscriptions=subscriptions,
        callbacks=callbacks,
        metrics=metrics,
        parts=(keeper, rejections, *parts) if maintained else (),
        starters=starters,
        worker=worker,
        broker=broker,
        channels=channels,
        closing=(*(() if channels is None else (channels.close,)), registry.close, outgoing.close),
    )


def public_address(settings: Settings) -> str:
    """Where others reach this instance, as far as the settings tell."""
    if settings.public_url is not None:
        return settings.public_url
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


async def _open_store(settings: Settings, graphs: Graphs, entropy: SystemEntropy, pool_size: int = 8) -> Store:
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


def _make_folder(url: str) -> None:
    if url != MEMORY:
        Path(url.removeprefix("sqlite:///")).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


async def _prepare(store: Store, settings: Settings, role: Role, key: str) -> None:
    """Migrates where that can harm nobody else, rescues what this host's gone processes left, checks the key."""
    missing = await store.pending_migrations()
    if missing and (role == "all" or not store.shared):
        await store.migrate()
    elif missing:
        raise Invalid([Problem("HOLDFAST_DATABASE_URL", "the database isn't migrated; run `holdfast migrate`")])
    if not await store.instance_secret_check(secret_digest(key)):
        rule = "isn't the key that this database was first used with; use that one (look in .holdfast/secret.key)"
        raise Invalid([Problem("HOLDFAST_SECRET_KEY", rule)])
    await _rescue_own(store)


async def _rescue_own(store: Store) -> None:
    """Jobs of processes of this host that are gone needn't wait for their lease to expire."""
    now, mine = await store.clock(), Identity.mine()
    gone = [
        worker.id
        for worker in await store.list_workers(now)
        if worker.alive and worker.host == mine.host and not Identity(worker.host, worker.pid, worker.boot).lives()
    ]
    if gone:
        await store.rescue(now, hung_grace=HUNG_GRACE, gone=gone)


def _reaches(settings: Settings) -> tuple[OutgoingHttp, DatabaseReach]:
    """What steps may reach by HTTP, and which databases."""
    local_user = is_loopback(settings.host)
    guard = EgressGuard(reach_of(settings.allow_private_network, local_user=local_user))
    url = settings.database_url.get_secret_value()
    return OutgoingHttp(guard), database_reach(url, settings.sqlite_folders, guard, local_user=local_user)


def _transport(settings: Settings, store: Store) -> MailTransport:
    if settings.smtp_url is None:
        return MailboxTransport(store)
    return SmtpTransport(read_smtp_url(settings.smtp_url.get_secret_value()))


def _notifier(settings: Settings, link: Link | None) -> Notifier | None:
    notifiers: list[Notifier] = [] if link is None else [RedisNotifier(link)]
    if is_postgres(settings):
        notifiers.append(PostgresNotifier(settings.database_url.get_secret_value()))
    return Notifiers(*notifiers) if notifiers else None


async def look_at_broker(settings: Settings, key: str) -> Look:
    """What lies in Redis for the instance with this secret key. Raises ``Unavailable``, ``Invalid``."""
    link = _link(settings, key)
    if link is None:
        raise Unavailable("Redis isn't used here")
    await link.open()
    try:
        async with asyncio.timeout(_LOOK):
            await link.until_healthy()
        return await look(link, SystemClock().now())
    except TimeoutError:
        raise Unavailable(link.trouble or "Redis didn't answer") from None
    finally:
        await link.close()


def _link(settings: Settings, key: str) -> Link | None:
    return None if settings.redis_url is None else Link(settings.redis_url.get_secret_value(), key)


def _broker(link: Link | None, store: Store, wakeups: Wakeups, clock: SystemClock, metrics: Metrics) -> Broker | None:
    """Work of a store that one host has to itself isn't offered: its processes claim as fast."""
    if link is None:
        return None
    offers = store if isinstance(store, PostgresStore) else None
    return Broker(RedisStreams(link), offers, wakeups, clock, metrics)


def _relays(
    broker: Broker | None, store: Store, clock: SystemClock, entropy: SystemEntropy, wakeups: Wakeups, metrics: Metrics
) -> tuple[Loop, ...]:
    if broker is None or broker.offers is None:
        return ()
    return (Relay(broker, broker.offers, store, clock, entropy, wakeups, metrics),)


def _publishers(
    channels: RedisEventChannels | None,
    role: Role,
    store: Store,
    clock: SystemClock,
    entropy: SystemEntropy,
    wakeups: Wakeups,
) -> tuple[Loop, ...]:
    """Where clients are that listen."""
    if channels is None or role not in ("all", "server"):
        return ()
    return (EventPublisher(store, clock, entropy, wakeups, channels),)


def _heart_store(settings: Settings, graphs: Graphs, entropy: SystemEntropy) -> Callable[[], Awaitable[Store]] | None:
    """How the heart's thread opens a store of its own; memory can't be opened twice."""
    if settings.database_url.get_secret_value() == MEMORY:
        return None
    return lambda: _open_store(settings, graphs, entropy, pool_size=1)


def _worker_config(
    settings: Settings, queues: Sequence[str], concurrency: int | None, *, replaceable: bool
) -> WorkerConfig:
    mine = Identity.mine()
    return WorkerConfig(
        name=f"{mine.host.partition(':')[0]}-{mine.pid}",
        host=mine.host,
        pid=mine.pid,
        boot=mine.boot,
        queues=tuple(queues),
        concurrency=concurrency or settings.worker_concurrency,
        tags=settings.worker_tags,
        lease=settings.lease,
        grace=settings.shutdown_grace,
        replaceable=replaceable,
    )


def _maintenance(
    store: Store,
    graphs: Graphs,
    clock: SystemClock,
    entropy: SystemEntropy,
    wakeups: Wakeups,
    metrics: Metrics,
    keep: Micros,
) -> tuple[Loop, ...]:
    return (
        Rescuer(store, clock, entropy, wakeups, metrics, _RESCUE_EVERY),
        Pruner(store, clock, entropy, keep),
        Deliverer(store, clock, entropy, wakeups),
        WaitTimer(store, clock, entropy, wakeups),
        RunAdmitter(store, clock, entropy, wakeups),
        EventFollower(store, graphs, clock, entropy, wakeups),
    )


def _under_a_lead(
    store: Store, clock: SystemClock, entropy: SystemEntropy, wakeups: Wakeups, parts: tuple[Loop, ...]
) -> tuple[Loop, ...]:
    """The parts; where other hosts may share the store, one process at a time runs them for all."""
    if not store.shared:
        return parts
    leading = Leading(store, clock, entropy, wakeups)
    for part in parts:
        part.under(leading)
    return (leading, *parts)


def _clocks(
    store: Store,
    graphs: Graphs,
    starts: Starts,
    clock: SystemClock,
    entropy: SystemEntropy,
    wakeups: Wakeups,
    metrics: Metrics,
) -> tuple[Triggers, tuple[Loop, ...]]:
    """The entrance for triggers, and what fires clocks."""
    crons = Crons()
    clocks, firing = Clocks(crons.times_of, crons), ClockStarts(starts, store, graphs, clock, entropy, metrics)
    timekeeper = Timekeeper(store, clocks, firing, clock, entropy, wakeups)
    backfills = Backfills(store, clocks, firing, clock, entropy, wakeups)
    return Triggers(store, clock, entropy, wakeups, clocks), (timekeeper, backfills)


def _listeners(
    store: Store,
    starts: Starts,
    jobs: Jobs,
    subscriptions: Subscriptions,
    clock: SystemClock,
    entropy: SystemEntropy,
    wakeups: Wakeups,
) -> tuple[Loop, ...]:
    """What starts work by events."""
    listening = Listening(store)
    return (
        Dispatcher(store, clock, entropy, wakeups, listening, starts, jobs, subscriptions.jobs_for),
        GatherFlusher(store, clock, entropy, wakeups, listening, starts),
    )


def _limited(workflow: Workflow, settings: Settings) -> Workflow:
    """The workflow with the instance's limit of concurrent runs, unless it has its own."""
    limit = settings.max_concurrent_runs
    if limit is None or workflow.settings.max_concurrent_runs is not None:
        return workflow
    return replace(workflow, settings=replace(workflow.settings, max_concurrent_runs=limit))


def _no_graphs(definition: JSONObject) -> Graph:
    return Graph.of(load_workflow(definition, {}))
