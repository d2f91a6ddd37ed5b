"""A worker process that tells how far it got: ``python -m bench.worker URL [REDIS]``.

Says ``ready``, begins at a line on its standard input, and then prints ``time count held`` (the machine's monotonic
clock, jobs finished so far, jobs that it has claimed and not finished) when one of them has changed, until its standard
input ends.
"""

import asyncio
import sys
from time import perf_counter
from typing import Final

import uvloop

from bench.instance import engine_on
from bench.progress import Progress
from holdfast.observe.logs import configure

_EVERY: Final = 0.02


async def work(url: str, redis: str | None = None) -> None:
    """One worker with the shipped defaults."""
    loop = asyncio.get_running_loop()
    async with engine_on(url, role="worker", redis=redis) as engine:
        progress = Progress(engine)
        _say("ready")
        if not await loop.run_in_executor(None, sys.stdin.readline):
            return
        await engine.start()
        ended = loop.run_in_executor(None, sys.stdin.readline)
        told = (0, 0)
        while not ended.done():
            await asyncio.sleep(_EVERY)
            now = (progress.finished, progress.claimed)
            if now != told:
                _say(f"{progress.at if now[0] != told[0] else perf_counter()} {now[0]} {now[1] - now[0]}")
                told = now


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    configure("console", "error")
    uvloop.run(work(*sys.argv[1:]))
