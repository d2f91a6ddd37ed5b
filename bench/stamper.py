"""A worker process that tells when each handler began: ``python -m bench.stamper URL [REDIS]``.

Says ``ready`` once it works, then a line with the machine's monotonic clock for every job, until its standard input
ends.
"""

import asyncio
import sys

import uvloop

from bench import tasks
from bench.instance import TASKS, engine_on
from holdfast.observe.logs import configure


async def work(url: str, redis: str | None = None) -> None:
    """One worker with the shipped defaults."""
    tasks.listeners[:] = [lambda _job, at: _say(repr(at))]
    async with engine_on(url, role="worker", tasks=TASKS, redis=redis) as engine:
        await engine.start()
        _say("ready")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    configure("console", "error")
    uvloop.run(work(*sys.argv[1:]))
