"""A server, with a worker inside or without, from its engine to a graceful end.

One whose tasks ignore too often that they were stopped goes on, shows itself degraded, and runs jobs again once enough
of those tasks have ended.
"""

import errno

from holdfast.cli.announcing import field, served, shown_database, shown_redis
from holdfast.cli.first_owner import ensure_named_owner
from holdfast.cli.samples import load_samples
from holdfast.cli.screen import say
from holdfast.cli.serve import Plan, stopped
from holdfast.compose import build
from holdfast.engine.engine import Engine
from holdfast.http.app import CONSOLE_DIR, create_app
from holdfast.http.limits import Limits
from holdfast.http.local_access import LocalAccess
from holdfast.http.server import run as run_server
from holdfast.local import is_alone, is_loopback
from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import SECOND
from holdfast.settings import Settings
from holdfast.system import spare_the_collector
from holdfast.version import __version__


async def serve(plan: Plan, settings: Settings) -> None:
    engine = await build(settings, role=plan.role, queues=plan.queues)
    try:
        await ensure_named_owner(engine.store, settings)
        await _check_exposure(engine, settings)
    except BaseException:
        await engine.store.close()
        raise
    local = LocalAccess(is_alone(settings))
    limits = Limits.of(settings.rate_limit, settings.trusted_proxies)
    app = create_app(engine, local_access=local, public_url=settings.public_url, limits=limits)
    grace = settings.shutdown_grace / SECOND
    loaded: list[str] = []

    async def prepare(port: int) -> None:
        try:
            if plan.samples:
                loaded.extend(await load_samples(engine, f"http://{_host(settings.host)}:{port}"))
        except BaseException:
            await engine.store.close()
            raise

    spare_the_collector()

    def announce(port: int) -> None:
        address = f"http://{_host(settings.host)}:{port}"
        _announce(plan, settings, address, loaded)
        say(f"ready at {address}")

    try:
        await run_server(
            app, settings.host, settings.port, stop=stopped(), prepare=prepare, on_ready=announce, grace=grace
        )
    except OSError as error:
        await engine.store.close()
        raise _listening(error, settings) from None


async def _check_exposure(engine: Engine, settings: Settings) -> None:
    if is_alone(settings) or await engine.store.has_owner():
        return
    way = (
        "others could use this server without signing in: no owner exists. Make one with `holdfast users add --owner"
        " ADDRESS` (or HOLDFAST_OWNER_EMAIL and HOLDFAST_OWNER_PASSWORD; for programs: `holdfast keys owner`), then"
        " start it again"
    )
    at = "HOLDFAST_TRUSTED_PROXIES" if is_loopback(settings.host) else "HOLDFAST_HOST"
    raise Invalid([Problem(at, way)], f"Holdfast doesn't listen on {settings.host} yet")


def _announce(plan: Plan, settings: Settings, address: str, loaded: list[str]) -> None:
    say(("Holdfast ", "bold"), __version__)
    built = (CONSOLE_DIR / "index.html").exists()
    field("console", f"{settings.public_url or address}/app/" if built else "not built (`make install` with Node 20+)")
    if settings.public_url is None and not is_loopback(settings.host):
        hint = "HOLDFAST_PUBLIC_URL isn't set: links in invites, mails and callbacks may not lead here"
        field("links", f"{hint}; set it to the address that people use")
    field("API", f"{settings.public_url or address}/docs")
    field("database", shown_database(settings))
    field("redis", shown_redis(settings))
    if plan.role == "all":
        field("worker", f"{settings.worker_concurrency} jobs at once, {served(plan.queues)}")
    else:
        field("worker", "none here; start some with `holdfast worker`")
    field("mail", "SMTP" if settings.smtp_url else "kept in the dev mailbox")
    if plan.samples:
        field("samples", f"loaded {', '.join(loaded)}" if loaded else "already there")


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _listening(error: OSError, settings: Settings) -> Invalid:
    if error.errno == errno.EADDRINUSE:
        rule = f"{settings.port} is in use on {settings.host}; choose another (--port 0 takes a free one)"
        return Invalid([Problem("HOLDFAST_PORT", rule)], "The server can't listen")
    where = f"can't listen on {settings.host} port {settings.port}: {error.strerror or error}"
    return Invalid([Problem("HOLDFAST_HOST", where)], "The server can't listen")
