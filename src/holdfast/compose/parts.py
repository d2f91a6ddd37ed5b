"""The long-lived parts of a process, by what they are for, and how a worker of it works."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.cron import Crons
from holdfast.engine.broker import Broker
from holdfast.engine.event_publisher import EventPublisher
from holdfast.engine.follower import EventFollower
from holdfast.engine.graphs import Graphs
from holdfast.engine.jobs import Jobs
from holdfast.engine.loop import Loop
from holdfast.engine.maintenance.leading import Leading
from holdfast.engine.maintenance.pruner import Pruner
from holdfast.engine.maintenance.purger import Purger
from holdfast.engine.maintenance.rescuer import Rescuer
from holdfast.engine.maintenance.runs_on import Deliverer, RunAdmitter, WaitTimer
from holdfast.engine.observers import Observers
from holdfast.engine.relay import Relay
from holdfast.engine.starts import Starts
from holdfast.engine.statistics import DepthSampler, Statistics
from holdfast.engine.subscriptions import Subscriptions
from holdfast.engine.trigger_control import Triggers
from holdfast.engine.triggers.backfills import Backfills
from holdfast.engine.triggers.clock_starts import ClockStarts
from holdfast.engine.triggers.clocks import Clocks
from holdfast.engine.triggers.dispatcher import Dispatcher
from holdfast.engine.triggers.gather_flusher import GatherFlusher
from holdfast.engine.triggers.listening import Listening
from holdfast.engine.triggers.timekeeper import Timekeeper
from holdfast.engine.wakeups import Wakeups
from holdfast.engine.worker import WorkerConfig
from holdfast.model.instant import SECOND, Micros
from holdfast.ports import Observer, Store
from holdfast.settings import Settings
from holdfast.streams.events import RedisEventChannels
from holdfast.system import Identity, SystemClock, SystemEntropy

_RESCUE_EVERY: Final[Micros] = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part stands on."""

    store: Store
    graphs: Graphs
    clock: SystemClock
    entropy: SystemEntropy
    wakeups: Wakeups
    observer: Observer


def observed(metrics: Observer, wakeups: Wakeups, clock: SystemClock) -> tuple[Observer, Statistics]:
    """What parts tell of their work, and the figures that are counted of it."""
    statistics = Statistics(clock)
    wakeups.hear(statistics.counted)
    return Observers(metrics, statistics), statistics


def parts_of(
    on: Ground, broker: Broker | None, channels: RedisEventChannels | None, keep: Micros, starters: tuple[Loop, ...]
) -> tuple[Loop, ...]:
    """What goes on by itself in a process. ``channels``: None where no clients listen; ``keep``: the retention."""
    looking_after = _under_a_lead(on, (*_maintenance(on, keep), *starters))
    return (*_relays(on, broker), *_publishers(on, channels), *looking_after)


def _maintenance(on: Ground, keep: Micros) -> tuple[Loop, ...]:
    """What mends, tidies and keeps runs going."""
    return (
        Rescuer(on.store, on.clock, on.entropy, on.wakeups, on.observer, _RESCUE_EVERY),
        Pruner(on.store, on.clock, on.entropy, keep),
        Purger(on.store, on.clock, on.entropy),
        DepthSampler(on.store, on.clock, on.entropy),
        Deliverer(on.store, on.clock, on.entropy, on.wakeups),
        WaitTimer(on.store, on.clock, on.entropy, on.wakeups),
        RunAdmitter(on.store, on.clock, on.entropy, on.wakeups),
        EventFollower(on.store, on.graphs, on.clock, on.entropy, on.wakeups),
    )


def clock_parts(on: Ground, starts: Starts) -> tuple[Triggers, tuple[Loop, ...]]:
    """The entrance for triggers, and what fires clocks."""
    crons = Crons()
    clocks = Clocks(crons.times_of, crons)
    firing = ClockStarts(starts, on.store, on.graphs, on.clock, on.entropy, on.observer)
    timekeeper = Timekeeper(on.store, clocks, firing, on.clock, on.entropy, on.wakeups)
    backfills = Backfills(on.store, clocks, firing, on.clock, on.entropy, on.wakeups)
    return Triggers(on.store, on.clock, on.entropy, on.wakeups, clocks), (timekeeper, backfills)


def event_parts(on: Ground, starts: Starts, jobs: Jobs, subscriptions: Subscriptions) -> tuple[Loop, ...]:
    """What starts work by events."""
    listening = Listening(on.store)
    deliveries = subscriptions.jobs_for
    return (
        Dispatcher(on.store, on.clock, on.entropy, on.wakeups, listening, starts, jobs, deliveries),
        GatherFlusher(on.store, on.clock, on.entropy, on.wakeups, listening, starts),
    )


def _relays(on: Ground, broker: Broker | None) -> tuple[Loop, ...]:
    """What offers ready work, where there is a broker and a store whose work is offered."""
    if broker is None or broker.offers is None:
        return ()
    return (Relay(broker, broker.offers, on.store, on.clock, on.entropy, on.wakeups, on.observer),)


def _publishers(on: Ground, channels: RedisEventChannels | None) -> tuple[Loop, ...]:
    """What tells events to other servers and whoever else listens."""
    return () if channels is None else (EventPublisher(on.store, on.clock, on.entropy, on.wakeups, channels),)


def _under_a_lead(on: Ground, parts: tuple[Loop, ...]) -> tuple[Loop, ...]:
    """The parts; where other hosts may share the store, one process at a time runs them for all."""
    if not on.store.shared:
        return parts
    leading = Leading(on.store, on.clock, on.entropy, on.wakeups)
    for part in parts:
        part.under(leading)
    return (leading, *parts)


def worker_config(
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
