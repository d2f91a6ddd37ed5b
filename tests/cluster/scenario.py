"""A scenario: a cluster under load, faults by a plan, and the proof at its end.

Phases: everything is ready and the load begins; it goes on undisturbed (``before``); the faults strike; it goes on
healed (``after``), which shows how long the cluster needed to be as fast as before; the load ends; everything that
was accepted comes to its end; the proof. A failure tells the seed, the plan, what happened when, and the last words
of every process.
"""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from holdfast.ports import Store
from tests.cluster import proof
from tests.cluster.cluster import Cluster, Size
from tests.cluster.faults import Strike, World, plan, strike
from tests.cluster.ledger import now
from tests.cluster.load import Load
from tests.support.postgres import PostgresServer
from tests.support.valkey import ValkeyServer
from tests.support.waiting import NeverHappened, eventually

SHARE: Final = 0.9
_WINDOW: Final = 3.0
_WARM_UP: Final = 1.0
_QUIET: Final = 90.0
_LOOK: Final = 0.2


@dataclass(frozen=True, slots=True)
class Course:
    """How big, how long and how hard. ``before``, ``during`` and ``after`` are seconds, ``rate`` triggers a second."""

    size: Size
    faults: Sequence[str]
    rate: float
    before: float
    during: float
    after: float
    pace: float = 1.0
    lease: str = "3s"


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it: steps a second before the first fault, and how many seconds after the last one the cluster did
    ``SHARE`` of that again (None: not while the load lasted)."""

    accepted: int
    steps: int
    steps_per_second: float
    back_after: float | None
    refusals: int
    answers_lost: int

    def __str__(self) -> str:
        back = "not while the load lasted" if self.back_after is None else f"{self.back_after:.1f} s after the last"
        return (
            f"{self.accepted} triggers accepted, {self.steps} steps done, {self.refusals} requests repeated, "
            f"{self.answers_lost} answers of servers lost, "
            f"{self.steps_per_second:.0f} steps/s before the faults, {SHARE:.0%} of that again {back}"
        )


async def endures(
    url: str,
    folder: Path,
    course: Course,
    seed: int,
    *,
    postgres: PostgresServer | None = None,
    valkey: ValkeyServer | None = None,
) -> Figures:
    """Runs the scenario. Raises with all that is needed to understand what went wrong."""
    chance = random.Random(seed)
    strikes = plan(seed, course.faults, course.during)
    cluster = Cluster(course.size, url, folder, valkey.url if valkey else None, lease=course.lease)
    world = World(cluster, postgres, valkey, course.pace)
    async with _telling(world, seed, strikes), cluster, Load(cluster.addresses(), chance) as load:
        tenants = await load.prepare()
        world.tell("the load begins")
        load.begin(course.rate)
        begun = now() + _WARM_UP
        await asyncio.sleep(course.before)
        struck = now()
        await strike(world, strikes)
        world.tell("the last fault is over")
        healed = now()
        await _goes_on(load, course.after)
        if not world.redis_gone:
            await _well(load)
        await load.end()
        world.tell("the load ended")
        await _settled(cluster, load, tenants)
        await _prove(cluster, load, tenants)
        assert cluster.fallen == [], "\n".join(cluster.fallen)
        return _figures(cluster, load, begun, struck, healed)


async def _well(load: Load) -> None:
    """Until every server is ready and finds nothing degraded: what was away is used again."""
    told: list[object] = []

    async def well() -> bool:
        told[:] = await load.readiness()
        return all(isinstance(one, dict) and one.get("status") == "ok" for one in told)

    await eventually(well, _QUIET, lambda: f"some server isn't well: {told}")


@asynccontextmanager
async def _telling(world: World, seed: int, strikes: Sequence[Strike]) -> AsyncIterator[None]:
    """Adds to an error what is needed to have it again and to understand it."""
    try:
        yield
    except BaseException as error:
        error.add_note("\n".join([f"seed {seed}; the plan:", *(f"  {one}" for one in strikes)]))
        error.add_note("\n".join(["what happened:", *world.told]))
        error.add_note("\n".join(world.cluster.tails()))
        raise


async def _goes_on(load: Load, seconds: float) -> None:
    until = now() + seconds
    while now() < until:
        load.check()
        await asyncio.sleep(_LOOK)


async def _settled(cluster: Cluster, load: Load, tenants: Mapping[str, str]) -> None:
    """Until everything that was accepted has come to its end; what hasn't is told, with its history."""
    store = await proof.opened(cluster.url)
    left: list[str] = []

    async def quiet() -> bool:
        nonlocal left
        left = await proof.going(store, tenants.values())
        if not left:
            found = {name: await proof.listed(store, tenant) for name, tenant in tenants.items()}
            left = proof.unstarted(found, load.accepted)
        await asyncio.sleep(_LOOK)
        return not left

    try:
        await eventually(quiet, _QUIET, lambda: f"{len(left)} things haven't ended: {left[: proof.SHOWN]}")
    except NeverHappened as error:
        error.add_note("\n".join(await _stuck(store, cluster, tenants)))
        raise
    finally:
        await store.close()


async def _stuck(store: Store, cluster: Cluster, tenants: Mapping[str, str]) -> list[str]:
    """The histories of some jobs that go on."""
    lines, told = cluster.ledger.by_job(), []
    for tenant in tenants.values():
        found = await proof.listed(store, tenant)
        going = [job.id for job in found.jobs.values() if job.finished_at is None]
        for job_id in going[: proof.SHOWN]:
            job = await store.get_job(tenant, job_id)
            told.append(f"job {job_id} is {job.state}\n{proof.history(job, lines[job_id], {})}")
    return told


async def _prove(cluster: Cluster, load: Load, tenants: Mapping[str, str]) -> None:
    store = await proof.opened(cluster.url)
    try:
        told = await store.check_invariants(await store.clock())
        pids = {worker.id: worker.pid for worker in await store.list_workers(await store.clock())}
        found = {}
        for name, tenant in tenants.items():
            found[name] = await proof.with_histories(store, tenant, await proof.listed(store, tenant))
    finally:
        await store.close()
    told += proof.problems(found, load.accepted, cluster.ledger.by_job(), pids)
    assert told == [], f"{len(told)} problems:\n" + "\n".join(told[: proof.SHOWN])
    await asyncio.to_thread(cluster.doctor)


def _figures(cluster: Cluster, load: Load, begun: float, struck: float, healed: float) -> Figures:
    times = cluster.ledger.times()
    usual = _between(times, begun, struck) / (struck - begun)
    back = next((at for at in times if at >= healed and _fast(times, at, usual)), None)
    refused = sum(load.refusals.values())
    lost = sum(proxy.lost for member in cluster.members.values() for proxy in member.links)
    return Figures(len(load.accepted), len(times), usual, None if back is None else back - healed, refused, lost)


def _fast(times: Sequence[float], at: float, usual: float) -> bool:
    return at + _WINDOW <= times[-1] and _between(times, at, at + _WINDOW) / _WINDOW >= SHARE * usual


def _between(times: Sequence[float], begin: float, end: float) -> int:
    return bisect_left(times, end) - bisect_left(times, begin)
