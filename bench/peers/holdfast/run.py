"""Holdfast under the peers' protocol: the shipped defaults, every attempt and transition kept."""

import uvloop

from bench.backlog import Backlog
from bench.instance import engine_on
from bench.peers.stopwatch import Stopwatch
from bench.progress import Progress
from holdfast.observe.logs import configure


async def main() -> None:
    watch = Stopwatch()
    backlog = Backlog(watch.url)
    async with engine_on(watch.url) as engine:
        await backlog.insert(engine, watch.total)
        progress = Progress(engine)
        await engine.start()
        watch.handled, _ = await progress.reach(watch.warm_up)
        watch.begin()
        await progress.reach(watch.total)
        watch.stop()
        await backlog.check(engine, watch.total)
        watch.end()


configure("console", "error")
uvloop.run(main())
