"""Oban for Python: one queue with a high limit, finished jobs kept as by default."""

import asyncio

import uvloop
from oban import Oban, worker  # type: ignore[import-not-found]
from oban.schema import install  # type: ignore[import-not-found]

from bench.peers.stopwatch import Stopwatch

LIMIT = 500


async def main() -> None:
    watch = Stopwatch()
    pool = await Oban.create_pool(watch.url, min_size=2, max_size=10)
    await install(pool)

    class Noop:
        async def process(self, job: object) -> None:
            watch.tick()

    noop = worker(queue="default")(Noop)
    client = Oban(pool=pool, name="client")
    for begin in range(0, watch.total, 1000):
        await client.enqueue_many([noop.new({}) for _ in range(min(1000, watch.total - begin))])
    async with pool.connection() as connection:
        await connection.execute("ANALYZE")

    async with Oban(pool=pool, queues={"default": LIMIT}):
        while watch.handled < watch.total or await _left(pool):  # noqa: ASYNC110 - the peer tells nobody
            await asyncio.sleep(0.01)
        watch.end()
    await pool.close()


async def _left(pool: object) -> bool:
    async with pool.connection() as connection:  # type: ignore[attr-defined]
        cursor = await connection.execute("SELECT 1 FROM oban_jobs WHERE state <> 'completed' LIMIT 1")
        return await cursor.fetchone() is not None


uvloop.run(main())
