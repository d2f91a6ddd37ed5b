"""A process that goes on: server, worker, both, or relay, from settings to a graceful end.

Phases: settings are checked (all problems at once), the store is opened and prepared (``compose.build``), a server that
others can reach is refused unless it is safe, samples are loaded, the process announces itself, and then waits for
SIGINT or SIGTERM. The first ends it gracefully, within the grace; the second at once. Nothing is announced before it
is true: ``ready`` is printed once connections are accepted.
"""

import asyncio
import os
import signal
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

import uvloop

from holdfast.cli.failures import Told, print_told, problem_lines
from holdfast.cli.leash import Leash
from holdfast.cli.supervising import MARGIN
from holdfast.compose import MEMORY, Role
from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import SECOND
from holdfast.model.job import ALL_QUEUES
from holdfast.observe.logs import configure
from holdfast.settings import load, unknown_variables

_HARD: Final = 130


@dataclass(frozen=True, slots=True)
class Plan:
    """What this process is."""

    role: Role
    queues: tuple[str, ...] = (ALL_QUEUES,)
    samples: bool = False
    # The descriptor that ties this process to the supervisor that started it.
    leash: int | None = None


def start(plan: Plan, **overrides: Any) -> None:
    """Runs the process until it is told to stop. ``overrides`` are settings of the command line."""
    settings = load(**overrides)
    leash = None if plan.leash is None else Leash(plan.leash, settings.shutdown_grace / SECOND + MARGIN)
    if leash is None:
        _warn_of_unknown_variables()
    else:
        leash.watch()
    configure(settings.log_format, settings.log_level)
    if plan.role != "all" and settings.database_url.get_secret_value() == MEMORY:
        rule = "memory: can't be shared between processes; use a file, PostgreSQL, or `holdfast up`"
        raise Invalid([Problem("HOLDFAST_DATABASE_URL", rule)], f"A {plan.role} needs a store that others can open")
    if plan.role == "relay":
        from holdfast.cli.relaying import refuse_without_streams, relay

        refuse_without_streams(settings)
        run_loop(relay(plan, settings))
    elif plan.role == "worker":
        from holdfast.cli.working import work  # here, so that a worker needn't load the HTTP server

        run_loop(work(plan, settings, leash))
    else:
        from holdfast.cli.serving import serve

        run_loop(serve(plan, settings))


def _warn_of_unknown_variables() -> None:
    for line in problem_lines(unknown_variables(os.environ)):
        print_told(Told(0, f"warning:{line[1:]}"))


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


def stopped() -> asyncio.Event:
    """An event that SIGINT or SIGTERM sets; the next signal ends the process where it stands."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def told() -> None:
        if stop.is_set():
            os._exit(_HARD)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    return stop
