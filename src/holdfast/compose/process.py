"""One process: an ``Engine`` made of settings and the adapters that they ask for."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal

from holdfast.compose.adapters import (
    broker_of,
    heart_store,
    name_link,
    notifier,
    reaches,
    reaches_this_machine,
    store_and_link,
    transport_of,
)
from holdfast.compose.parts import Ground, clock_parts, event_parts, observed, parts_of, worker_config
from holdfast.compose.people import people_of
from holdfast.compose.secrets import secrets_of
from holdfast.cron import Crons
from holdfast.engine.audit import AuditWriter
from holdfast.engine.callbacks import Callbacks
from holdfast.engine.calls import Calls
from holdfast.engine.egress import EgressPolicies
from holdfast.engine.engine import Engine
from holdfast.engine.events import Events
from holdfast.engine.executor import Executor
from holdfast.engine.graphs import Graphs
from holdfast.engine.hooks import Hooks
from holdfast.engine.jobs import Jobs
from holdfast.engine.maintenance.clock_keeper import ClockKeeper
from holdfast.engine.maintenance.rescuer import HUNG_GRACE
from holdfast.engine.offers import Takers
from holdfast.engine.rule_firing import RuleFiring
from holdfast.engine.rules import Rules
from holdfast.engine.runs import Runs
from holdfast.engine.starts import Starts
from holdfast.engine.statistics import StatisticsWriter
from holdfast.engine.subscriptions import Subscriptions
from holdfast.engine.triggers.rejections import RejectionWriter
from holdfast.engine.wakeups import Wakeups
from holdfast.engine.worker import Parts, Worker
from holdfast.engine.workflows import Workflows
from holdfast.local import secret_digest, secret_keys
from holdfast.model.errors import Invalid, Problem
from holdfast.model.graph import Graph
from holdfast.model.job import ALL_QUEUES
from holdfast.model.validate import load_workflow
from holdfast.model.workflow import Workflow
from holdfast.nodes.agent_tools import AgentReach
from holdfast.nodes.registry import NodeRegistry
from holdfast.nodes.sql_statement import DatabaseReach
from holdfast.observe.metrics import Metrics
from holdfast.outgoing.http import OutgoingHttp
from holdfast.outgoing.mail_servers import SmtpServers
from holdfast.ports import MailTransport, Store
from holdfast.samples.tasks import with_samples
from holdfast.schema import JsonSchemas
from holdfast.settings import Settings
from holdfast.streams.events import RedisEventChannels
from holdfast.system import Identity, SystemClock, SystemEntropy
from holdfast.tasks import TaskRegistry, load_tasks
from holdfast.vault import KeyVault

Role = Literal["all", "server", "worker", "relay"]


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
    graphs = Graphs(lambda definition: Graph.of(_limited(load_workflow(definition, registry.specs), settings)))
    key, *older = secret_keys(settings)
    store, link = await store_and_link(settings, graphs, entropy, key)
    outgoing, databases = reaches(settings, EgressPolicies(store, clock, local=reaches_this_machine(settings)).of)
    wakeups, takers = Wakeups(notifier(settings, link)), Takers()
    observer, statistics = observed(metrics, wakeups, clock)
    audit = AuditWriter(store, clock, entropy, observer)
    broker = broker_of(link, store, wakeups, clock, entropy, observer)
    channels = None if link is None else RedisEventChannels(link)
    runs = Runs(store, clock, entropy, wakeups, observer, graphs, schemas, takers)
    agents = AgentReach(JsonSchemas(), Calls(runs, store, graphs, clock))
    async with _closed_on_failure(store):
        vault = KeyVault(key, *older)
        subscriptions = Subscriptions(store, vault, clock, entropy, wakeups)
        transport, registry = _kinds(settings, store, outgoing, databases, agents, subscriptions, tasks)
        people = people_of(settings, store, vault, clock, entropy, transport, outgoing)
        # Behind the registry: rescuing a run advances it, which needs its graph.
        await _prepare(store, settings, role, (key, *older))
        await name_link(link, store)
        keeper = await _keeping_time(store, clock, entropy)
    callbacks, worker = Callbacks(key, public_address(settings), older), None
    secrets, connections = secrets_of(store, vault, clock, entropy, audit, outgoing, databases)
    if role in ("all", "worker"):
        executor = Executor(registry, graphs, schemas, clock, callbacks, secrets)
        more = (heart_store(settings, graphs, entropy), registry.threads, broker, takers)
        made = Parts(store, graphs, registry, executor, clock, entropy, wakeups, observer, *more)
        worker = Worker(worker_config(settings, queues, concurrency, replaceable=role == "worker"), made)
        await registry.warm()
    jobs = Jobs(store, clock, entropy, wakeups, observer, takers, registry.secret_places)
    starts = Starts(store, clock, entropy, wakeups, graphs, runs, observer, RuleFiring(store, clock, entropy, jobs))
    rejections = RejectionWriter(store, clock, entropy)
    own = (keeper, people.key_uses, rejections, audit, StatisticsWriter(statistics, store, clock, entropy))
    triggers, clockwork = clock_parts(ground := Ground(store, graphs, clock, entropy, wakeups, observer), starts)
    starters = (*clockwork, *event_parts(ground, starts, jobs, subscriptions))
    parts = parts_of(ground, broker, channels if role in ("all", "server") else None, settings.retention, starters)
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
        hooks=Hooks(store, starts, graphs, secrets, rejections, clock, entropy, wakeups, observer),
        triggers=triggers,
        rules=Rules(store, clock, entropy, wakeups, Crons(), starts),
        events=Events(store, clock, entropy, wakeups),
        secrets=secrets,
        connections=connections,
        subscriptions=subscriptions,
        callbacks=callbacks,
        metrics=metrics,
        people=people,
        audit=audit,
        parts=(*own, *parts) if maintained else (),
        starters=starters,
        worker=worker,
        broker=broker,
        channels=channels,
        closing=(*(() if channels is None else (channels.close,)), registry.close, outgoing.close, people.close),
        switched_off=registry.troubles,
    )


def _kinds(
    settings: Settings,
    store: Store,
    outgoing: OutgoingHttp,
    databases: DatabaseReach,
    agents: AgentReach,
    subscriptions: Subscriptions,
    tasks: TaskRegistry | None,
) -> tuple[MailTransport, NodeRegistry]:
    """The instance's mail, and all that it can run."""
    known = with_samples(load_tasks(settings.tasks)) if tasks is None else tasks
    transport, receivers, servers = transport_of(settings, store), subscriptions.outgoing, SmtpServers(outgoing)
    return transport, NodeRegistry(
        outgoing, transport, known, databases=databases, agents=agents, receivers=receivers, servers=servers
    )


@asynccontextmanager
async def _closed_on_failure(store: Store) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        await store.close()
        raise


async def _keeping_time(store: Store, clock: SystemClock, entropy: SystemEntropy) -> ClockKeeper:
    """What keeps the clock by the store's, once it has: before a worker's first lease, which others judge by that."""
    keeper = ClockKeeper(store, clock, entropy, clock.ticks, clock.follow)
    await keeper.run_once()
    return keeper


def public_address(settings: Settings) -> str:
    """Where others reach this instance, as far as the settings tell."""
    if settings.public_url is not None:
        return settings.public_url
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


async def _prepare(store: Store, settings: Settings, role: Role, keys: Sequence[str]) -> None:
    """Migrates where that can harm nobody else, rescues what this host's gone processes left, checks the key."""
    missing = await store.pending_migrations()
    if missing and (role == "all" or not store.shared):
        await store.migrate()
    elif missing:
        raise Invalid([Problem("HOLDFAST_DATABASE_URL", "the database isn't migrated; run `holdfast migrate`")])
    # The store's own key may be any of them: the newest once everything was sealed with it.
    if not any([await store.instance_secret_check(secret_digest(key)) for key in keys]):
        rule = (
            "isn't the key of this database. If it was changed since (`holdfast secrets rotate`), give the new one;"
            " if not, the one that it was first used with. One that was made by itself lies in .holdfast/secret.key"
        )
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


def _limited(workflow: Workflow, settings: Settings) -> Workflow:
    """The workflow with the instance's limit of concurrent runs, unless it has its own."""
    limit = settings.max_concurrent_runs
    if limit is None or workflow.settings.max_concurrent_runs is not None:
        return workflow
    return replace(workflow, settings=replace(workflow.settings, max_concurrent_runs=limit))
