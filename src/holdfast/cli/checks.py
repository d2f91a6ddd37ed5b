"""The checks of ``holdfast doctor``. Each is a small function that gives a ``Check``; a store that can't be opened ends
them early, and one that isn't migrated is not asked what it holds."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from holdfast.cli.announcing import shown_database, shown_redis
from holdfast.cli.check import Check
from holdfast.cli.code_check import code_check
from holdfast.cli.kinds import installed_registry
from holdfast.cli.redis_checks import redis_checks
from holdfast.cli.samples import TENANT
from holdfast.compose import MEMORY, open_store
from holdfast.http.app import CONSOLE_DIR
from holdfast.local import KEY_FILE, found_keys, is_alone, is_loopback, is_published, secret_digest
from holdfast.model.errors import HoldfastError, Invalid
from holdfast.model.instant import SECOND, Micros, format_duration
from holdfast.model.job import JobState
from holdfast.model.records import JobFilter
from holdfast.ports import Clock, Store
from holdfast.settings import Settings, unknown_variables, variable_of
from holdfast.system import SystemClock
from holdfast.version import __version__

_DRIFT: Final[Micros] = SECOND
_FREE_BYTES: Final = 1 << 30
_LOOKED_AT: Final = 500


async def examine(settings: Settings) -> tuple[dict[str, str], list[Check]]:
    """The settings in force, secrets masked, and every check's outcome."""
    checks = [Check("holdfast", "ok", f"version {__version__}"), *_variables(), _exposure(settings), _console()]
    checks += [await code_check(), *_file(settings)]
    missing = _missing_file(settings)
    if missing:
        return masked(settings), [*checks, missing, *await redis_checks(settings, None)]
    return masked(settings), [*checks, *await _store(settings)]


def masked(settings: Settings) -> dict[str, str]:
    """Every setting by its variable; what can hold a credential is shown without it."""
    shown = {variable_of(name): _shown(name, value) for name, value in settings}
    shown["HOLDFAST_DATABASE_URL"] = shown_database(settings)
    shown["HOLDFAST_REDIS_URL"] = "" if settings.redis_url is None else shown_redis(settings)
    return shown


def _shown(name: str, value: object) -> str:
    match value:
        case None | ():
            return ""
        case SecretStr():
            return "(set)"
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(map(str, value))
        case int() if name in ("lease", "retention", "shutdown_grace"):
            return format_duration(value)
    return str(value)


def _variables() -> Iterator[Check]:
    for problem in unknown_variables(os.environ):
        yield Check("environment", "warn", f"{problem.path} {problem.message}", "Correct or unset it.")


def _exposure(settings: Settings) -> Check:
    if is_alone(settings):
        return Check("address", "ok", f"{settings.host} is reached from this machine only")
    if is_loopback(settings.host):
        return Check("address", "ok", f"{settings.host}, which others reach through a proxy")
    if settings.secret_key is None:
        return Check("address", "fail", f"{settings.host} needs a secret key", "Set HOLDFAST_SECRET_KEY.")
    return Check("address", "ok", f"{settings.host}, with a secret key")


def _console() -> Check:
    if (CONSOLE_DIR / "index.html").exists():
        return Check("console", "ok", "built")
    return Check("console", "warn", "not built", "Run `make install` with Node 20+; the API works without it.")


def _database_file(settings: Settings) -> Path | None:
    url = settings.database_url.get_secret_value()
    return Path(url.removeprefix("sqlite:///")).expanduser() if url.startswith("sqlite:") else None


def _missing_file(settings: Settings) -> Check | None:
    if settings.database_url.get_secret_value() == MEMORY:
        return Check(
            "store", "warn", "memory: is gone when its process ends", "Set HOLDFAST_DATABASE_URL to keep data."
        )
    file = _database_file(settings)
    if file is None or file.exists():
        return None
    return Check("store", "warn", f"{file} doesn't exist yet", "`holdfast up` or `holdfast migrate` makes it.")


def _file(settings: Settings) -> Iterator[Check]:
    """Of a SQLite file: who can read it, and whether it has room to grow."""
    file = _database_file(settings)
    if file is None or not file.exists():
        return
    open_to_others = [path for path in (file, KEY_FILE) if path.exists() and path.stat().st_mode & 0o077]
    if open_to_others:
        names = " ".join(map(str, open_to_others))
        yield Check("permissions", "warn", f"others can read {names}", f"Run `chmod 600 {names}`.")
    else:
        yield Check("permissions", "ok", "only you can read the database")
    free = shutil.disk_usage(file.parent).free
    said = f"{free / (1 << 30):.1f} GiB free"
    enough = free >= _FREE_BYTES
    yield Check("disk", "ok" if enough else "warn", said, "" if enough else "Make room before the database stops.")


async def _store(settings: Settings) -> list[Check]:
    try:
        store = await open_store(settings)
    except (HoldfastError, OSError) as error:
        away = Check("store", "fail", str(error), "Check HOLDFAST_DATABASE_URL, and that the database runs.")
        return [away, *await redis_checks(settings, None)]
    try:
        missing = await store.pending_migrations()
        checks = [Check("store", "ok", f"{store.name} answers"), _migrations(missing)]
        if missing:
            return [*checks, *await redis_checks(settings, None)]
        return [*checks, *await redis_checks(settings, store), *await _contents(store, settings, SystemClock())]
    except HoldfastError as error:
        return [Check("store", "fail", str(error), "Check that this is a Holdfast database, and that it runs.")]
    finally:
        await store.close()


def _migrations(missing: list[str]) -> Check:
    if missing:
        return Check("migrations", "fail", f"{len(missing)} missing ({', '.join(missing)})", "Run `holdfast migrate`.")
    return Check("migrations", "ok", "up to date")


async def _contents(store: Store, settings: Settings, clock: Clock) -> list[Check]:
    checks = [await _clock(store, clock), await _secret(store, settings)]
    checks += [await _owner(store, settings), await _workers(store)]
    return [*checks, await _kinds(store, settings), *await _net(store), *await _invariants(store)]


async def _clock(store: Store, clock: Clock) -> Check:
    apart = abs(await store.clock() - clock.now())
    said = f"{apart / 1000:.0f} ms from the store's"
    if apart > _DRIFT:
        return Check("clock", "warn", said, "Holdfast follows the store's clock; synchronise this host's (NTP).")
    return Check("clock", "ok", said)


async def _secret(store: Store, settings: Settings) -> Check:
    keys = found_keys(settings)
    if not keys:
        return Check("secret key", "ok", "made at the first start")
    known = [await store.instance_secret_known(secret_digest(key)) for key in keys]
    if known[0] is None:
        return Check("secret key", "ok", "will be kept to this database by the first start")
    if known[0]:
        return Check("secret key", "ok", "the one of this database")
    if any(known):
        hint = "Once every process has the new key, run `holdfast secrets rotate`."
        return Check("secret key", "warn", "new; the database is still that of a previous one", hint)
    return Check(
        "secret key",
        "fail",
        "not the one of this database",
        "Set the key that it was first used with, or the new one if the key was changed since (`holdfast secrets"
        " rotate`); one that was made by itself lies in .holdfast/secret.key.",
    )


async def _owner(store: Store, settings: Settings) -> Check:
    if await store.has_owner():
        return Check("owner", "ok", "there is one")
    if is_alone(settings) and not is_published(settings):
        return Check("owner", "ok", "none yet; the local user is signed in by itself")
    if is_alone(settings):
        hint = "Run `holdfast users add --owner ADDRESS`: a proxy may hide whom it passes on, and let them in."
        return Check("owner", "warn", "none, though HOLDFAST_PUBLIC_URL says that others come", hint)
    hint = "Run `holdfast users add --owner ADDRESS`, or `holdfast keys owner` for programs."
    return Check("owner", "fail", f"none, so Holdfast won't listen on {settings.host}", hint)


async def _workers(store: Store) -> Check:
    alive = [worker for worker in await store.list_workers(await store.clock()) if worker.alive]
    if not alive:
        return Check("workers", "warn", "none is alive", "Start one: `holdfast worker`, or `holdfast up`.")
    running = sum(worker.running for worker in alive)
    return Check("workers", "ok", f"{len(alive)} alive, {running} jobs running")


async def _kinds(store: Store, settings: Settings) -> Check:
    """Waiting jobs that nothing installed here could run. Workers don't tell the store their kinds: this looks at the
    newest waiting jobs, with the tasks of this process's settings."""
    try:
        known = installed_registry(settings.tasks).kinds()
    except Invalid as error:
        return Check(
            "kinds", "fail", "; ".join(map(str, error.args)), "Correct HOLDFAST_TASKS, or install the package."
        )
    wanted = JobFilter(state=JobState.PENDING)
    page = await store.list_jobs(TENANT, wanted, await store.clock(), None, _LOOKED_AT)
    unknown = sorted({job.kind for job in page.items} - known)
    if not unknown:
        return Check("kinds", "ok", f"{len(known)} are known here")
    said = f"jobs wait for kinds that aren't known here: {', '.join(unknown[:5])}"
    return Check("kinds", "warn", said, "Start a worker with --tasks and the module that has them.")


async def _net(store: Store) -> list[Check]:
    """Of a database that can keep tenants apart by itself, whether it does."""
    apart = await store.keeps_tenants_apart()
    if apart is None:
        return []
    if apart:
        return [Check("row-level security", "ok", "the database keeps tenants apart, too")]
    hint = "Let the user that migrates make the role holdfast_tenant (CREATEROLE), or grant it, and `holdfast migrate`."
    return [Check("row-level security", "warn", "off; the conditions of statements alone keep tenants apart", hint)]


async def _invariants(store: Store) -> list[Check]:
    broken = await store.check_invariants(await store.clock())
    hint = "A rescue repairs what a crash left within a minute; if this stays, report it."
    return [Check("invariants", "fail", sentence, hint) for sentence in broken] or [
        Check("invariants", "ok", "no run is stuck")
    ]
