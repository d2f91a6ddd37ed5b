"""A worker process that tells how far it got: ``python -m bench.worker URL``.

Says ``ready``, begins at a line on its standard input, and then prints ``time count`` (the machine's monotonic clock,
jobs finished so far) when the count has changed, until its standard input ends.
"""

import asyncio
import sys
from typing import Final

import uvloop

from bench.instance import engine_on
from bench.progress import Progress
from holdfast.observe.logs import configure

_EVERY: Final = 0.02


async def work(url: str) -> None:
    """One worker with the shipped defaults."""
    loop = asyncio.get_running_loop()
    async with engine_on(url, role="worker") as engine:
        progress = Progress(engine)
        _say("ready")
        if not await loop.run_in_executor(None, sys.stdin.readline):
            return
        await engine.start()
        ended = loop.run_in_executor(None, sys.stdin.readline)
        told = 0
        while not ended.done():
            await asyncio.sleep(_EVERY)
            if progress.finished != told:
                told = progress.finished
                _say(f"{progress.at} {told}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    configure("console", "error")
    uvloop.run(work(sys.argv[1]))
