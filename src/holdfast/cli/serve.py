"""A process that goes on: the server, the worker or both, from settings to a graceful end.

Phases: settings are checked (all problems at once), the store is opened and prepared (``compose.build``), a server that
others can reach is refused unless it is safe, samples are loaded, the process announces itself, and then waits for
SIGINT or SIGTERM. The first ends it gracefully, within the grace; the second at once. Nothing is announced before it
is true: ``ready`` is printed once connections are accepted.

A worker process also ends by itself, gracefully and with exit code 75 (EX_TEMPFAIL), when too many tasks ignore that
they were stopped and keep its threads: whatever supervises it then starts a new one. A server with a worker inside goes
on, shows itself degraded, and runs jobs again once enough of those tasks have ended.
"""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import uvloop

from holdfast.cli.failures import Told, print_told, problem_lines
from holdfast.cli.samples import load_samples
from holdfast.cli.screen import say
from holdfast.compose import MEMORY, Role, build
from holdfast.engine.engine import Engine
from holdfast.engine.worker import Ended
from holdfast.http.app import CONSOLE_DIR, create_app
from holdfast.http.local_access import LocalAccess
from holdfast.http.server import run as run_server
from holdfast.local import is_loopback
from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import SECOND
from holdfast.model.job import ALL_QUEUES
from holdfast.observe.logs import configure
from holdfast.settings import Settings, load, unknown_variables
from holdfast.version import __version__

_HARD: Final = 130
_REPLACE_ME: Final = 75


@dataclass(frozen=True, slots=True)
class Plan:
    """What this process is."""

    role: Role
    queues: tuple[str, ...] = (ALL_QUEUES,)
    samples: bool = False


def start(plan: Plan, **overrides: Any) -> None:
    """Runs the process until it is told to stop. ``overrides`` are settings of the command line."""
    settings = load(**overrides)
    for line in problem_lines(unknown_variables(os.environ)):
        print_told(Told(0, f"warning:{line[1:]}"))
    configure(settings.log_format, settings.log_level)
    if plan.role != "all" and settings.database_url.get_secret_value() == MEMORY:
        rule = "memory: can't be shared between processes; use a file, PostgreSQL, or `holdfast up`"
        raise Invalid([Problem("HOLDFAST_DATABASE_URL", rule)], f"A {plan.role} needs a store that others can open")
    run_loop(_worker(plan, settings) if plan.role == "worker" else _server(plan, settings))


def run_loop(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


async def _server(plan: Plan, settings: Settings) -> None:
    engine = await build(settings, role=plan.role, queues=plan.queues)
    try:
        await _check_exposure(engine, settings)
        loaded = await load_samples(engine) if plan.samples else []
    except BaseException:
        await engine.store.close()
        raise
    local = LocalAccess(is_loopback(settings.host))
    app = create_app(engine, local_access=local, public_url=settings.public_url)
    grace = settings.shutdown_grace / SECOND

    def announce(port: int) -> None:
        address = f"http://{_host(settings.host)}:{port}"
        _announce(plan, settings, address, loaded)
        say(f"ready at {address}")

    try:
        await run_server(app, settings.host, settings.port, stop=_stopped(), on_ready=announce, grace=grace)
    except OSError as error:
        await engine.store.close()
        raise _listening(error, settings) from None


async def _worker(plan: Plan, settings: Settings) -> None:
    stop = _stopped()
    engine = await build(settings, role="worker", queues=plan.queues)
    await engine.start()
    try:
        say(("Holdfast ", "bold"), __version__)
        _field("database", shown_database(settings))
        say(f"worker ready: {settings.worker_concurrency} jobs at once, {_served(plan.queues)}")
        ended = await _until(stop, engine)
    finally:
        await engine.stop()
    if ended is Ended.OVERRUN:
        print_told(Told(0, "warning: too many abandoned threads; this worker ends so that a new one replaces it"))
        sys.stdout.flush()
        os._exit(_REPLACE_ME)  # an orderly exit could wait for threads that don't end


async def _until(stop: asyncio.Event, engine: Engine) -> Ended:
    """Until the operator or the worker itself ends it."""
    stopped, ended = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(engine.worker_ended())
    await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
    why = ended.result() if ended.done() else Ended.STOPPED
    for waiting in (stopped, ended):
        waiting.cancel()
    return why


def _stopped() -> asyncio.Event:
    """An event that SIGINT or SIGTERM sets; the next signal ends the process where it stands."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def told() -> None:
        if stop.is_set():
            os._exit(_HARD)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    return stop


async def _check_exposure(engine: Engine, settings: Settings) -> None:
    if is_loopback(settings.host) or await engine.store.has_owner():
        return
    way = (
        "others could use this server without signing in: no owner exists. Start it on 127.0.0.1, make an owner's key"
        " with `holdfast keys create NAME --role owner`, then start it here (users come in a later version)"
    )
    raise Invalid([Problem("HOLDFAST_HOST", way)], f"Holdfast doesn't listen on {settings.host} yet")


def _announce(plan: Plan, settings: Settings, address: str, loaded: list[str]) -> None:
    say(("Holdfast ", "bold"), __version__)
    built = (CONSOLE_DIR / "index.html").exists()
    _field("console", f"{settings.public_url or address}/app/" if built else "not built (`make install` with Node 20+)")
    _field("API", f"{settings.public_url or address}/docs")
    _field("database", shown_database(settings))
    if plan.role == "all":
        _field("worker", f"{settings.worker_concurrency} jobs at once, {_served(plan.queues)}")
    else:
        _field("worker", "none here; start some with `holdfast worker`")
    _field("mail", "SMTP" if settings.smtp_url else "kept in the dev mailbox")
    if plan.samples:
        _field("samples", f"loaded {', '.join(loaded)}" if loaded else "already there")


def shown_database(settings: Settings) -> str:
    """The database's address without its password."""
    url = settings.database_url.get_secret_value()
    if url == MEMORY or url.startswith("sqlite:"):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _field(name: str, value: str) -> None:
    say((f"  {name:<9} ", "dim"), value)


def _served(queues: tuple[str, ...]) -> str:
    return "all queues" if ALL_QUEUES in queues else f"queues {', '.join(queues)}"


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _listening(error: OSError, settings: Settings) -> Invalid:
    if error.errno == errno.EADDRINUSE:
        rule = f"{settings.port} is in use on {settings.host}; choose another (--port 0 takes a free one)"
        return Invalid([Problem("HOLDFAST_PORT", rule)], "The server can't listen")
    where = f"can't listen on {settings.host} port {settings.port}: {error.strerror or error}"
    return Invalid([Problem("HOLDFAST_HOST", where)], "The server can't listen")
