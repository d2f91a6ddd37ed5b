"""An instance to measure: an engine on a fresh store, and the settings of a server process on the same store."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from holdfast.compose import Role, build
from holdfast.engine.engine import Engine
from holdfast.model.job import DEFAULT_QUEUE
from holdfast.settings import Settings, load
from holdfast.system import spare_the_collector

TENANT = "default"
# The module with the task functions of the measurements.
TASKS = "bench.tasks"
# A key of the benchmark's own, so that none is made in the working folder.
_KEY = "benchmark-" + "k" * 32


def settings_for(url: str, tasks: str | None = None, redis: str | None = None) -> Settings:
    # A job that only holds a place is given back at once when its measurement is over.
    return load(database_url=url, secret_key=_KEY, log_level="error", tasks=tasks, redis_url=redis, shutdown_grace=0)


@asynccontextmanager
async def engine_on(
    url: str,
    role: Role = "all",
    tasks: str | None = None,
    queues: Sequence[str] = (DEFAULT_QUEUE,),
    redis: str | None = None,
) -> AsyncIterator[Engine]:
    """An engine that isn't started yet, as a process of ours makes it; its parts are stopped at the end."""
    engine = await build(settings_for(url, tasks, redis), role=role, queues=queues)
    spare_the_collector()
    try:
        yield engine
    finally:
        await engine.stop()


def process_settings(url: str, tasks: str | None = None) -> dict[str, str]:
    """The environment of a ``holdfast`` process on the same store."""
    settings = {
        "HOLDFAST_DATABASE_URL": url,
        "HOLDFAST_LOG_LEVEL": "error",
        "HOLDFAST_SECRET_KEY": _KEY,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *_python_path()]),
    }
    return settings if tasks is None else settings | {"HOLDFAST_TASKS": tasks}


def _python_path() -> list[str]:
    given = os.environ.get("PYTHONPATH")
    return [given] if given else []
