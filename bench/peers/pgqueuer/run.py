"""PgQueuer on an asyncpg pool, in batches, until the queue is drained; its log table keeps what ended."""

import asyncpg  # type: ignore[import-not-found, import-untyped, unused-ignore]
import uvloop
from pgqueuer import PgQueuer  # type: ignore[import-not-found]
from pgqueuer.types import QueueExecutionMode  # type: ignore[import-not-found]

from bench.peers.stopwatch import Stopwatch

BATCH = 500


async def main() -> None:
    watch = Stopwatch()
    async with asyncpg.create_pool(watch.url, min_size=2, max_size=8) as pool:
        peer = PgQueuer.from_asyncpg_pool(pool)
        await peer.queries.install() if hasattr(peer, "queries") and peer.queries else await peer.qm.queries.install()
        queries = peer.qm.queries
        for begin in range(0, watch.total, 1000):
            size = min(1000, watch.total - begin)
            await queries.enqueue(["noop"] * size, [None] * size, [0] * size)
        await pool.execute("ANALYZE")

        async def noop(job: object) -> None:
            watch.tick()

        peer.entrypoint("noop")(noop)
        await peer.qm.run(batch_size=BATCH, mode=QueueExecutionMode.drain)
        if await pool.fetchval("SELECT count(*) FROM pgqueuer") or watch.handled < watch.total:
            raise RuntimeError("the queue isn't empty")
        watch.end()


uvloop.run(main())
