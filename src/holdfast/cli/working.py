"""A worker process, from its engine to a graceful end.

It also ends by itself, gracefully and with exit code 75 (EX_TEMPFAIL), when too many tasks ignore that they were
stopped and keep its threads: whatever supervises it then starts a new one.
"""

import asyncio
import os
import sys

from holdfast.cli.announcing import field, served, shown_database, shown_redis
from holdfast.cli.failures import Told, print_told
from holdfast.cli.leash import Leash
from holdfast.cli.screen import say
from holdfast.cli.serve import Plan, stopped
from holdfast.cli.supervising import REPLACE_ME
from holdfast.compose import build
from holdfast.engine.engine import Engine
from holdfast.engine.worker import Ended
from holdfast.settings import Settings
from holdfast.system import spare_the_collector
from holdfast.version import __version__


async def work(plan: Plan, settings: Settings, leash: Leash | None = None) -> None:
    stop = stopped()
    engine = await build(settings, role="worker", queues=plan.queues)
    spare_the_collector()
    await engine.start()
    try:
        if leash is None:
            _announce(plan, settings)
        else:
            leash.ready()
        ended = await _until(stop, engine)
    finally:
        await engine.stop()
    if ended is Ended.OVERRUN:
        print_told(Told(0, "warning: too many abandoned threads; this worker ends so that a new one replaces it"))
        sys.stdout.flush()
        os._exit(REPLACE_ME)  # an orderly exit could wait for threads that don't end


def _announce(plan: Plan, settings: Settings) -> None:
    say(("Holdfast ", "bold"), __version__)
    field("database", shown_database(settings))
    field("redis", shown_redis(settings))
    say(f"worker ready: {settings.worker_concurrency} jobs at once, {served(plan.queues)}")


async def _until(stop: asyncio.Event, engine: Engine) -> Ended:
    """Until the operator or the worker itself ends it."""
    stopped, ended = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(engine.worker_ended())
    await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
    why = ended.result() if ended.done() else Ended.STOPPED
    for waiting in (stopped, ended):
        waiting.cancel()
    return why
