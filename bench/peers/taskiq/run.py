"""taskiq on a Redis stream, which acknowledges, without a result backend. The stream keeps its entries by default."""

import asyncio

import uvloop
from redis.asyncio import Redis  # type: ignore[import-not-found, unused-ignore]
from taskiq.api import run_receiver_task  # type: ignore[import-not-found]
from taskiq_redis import RedisStreamBroker  # type: ignore[import-not-found]

from bench.peers.stopwatch import Stopwatch

AT_ONCE = 100


async def main() -> None:
    watch = Stopwatch()
    broker = RedisStreamBroker(url=watch.url, xread_count=AT_ONCE)

    async def noop() -> None:
        watch.tick()

    task = broker.register_task(noop, task_name="noop")
    broker.is_worker_process = True
    await broker.startup()
    for begin in range(0, watch.total, AT_ONCE):
        await asyncio.gather(*(task.kiq() for _ in range(min(AT_ONCE, watch.total - begin))))
    receiver = asyncio.create_task(
        run_receiver_task(broker, max_async_tasks=AT_ONCE, max_prefetch=AT_ONCE, validate_params=False)
    )
    while watch.handled < watch.total or await _left(broker):  # noqa: ASYNC110 - the peer tells nobody
        await asyncio.sleep(0.01)
    watch.end()
    receiver.cancel()


async def _left(broker: object) -> int:
    """Delivered and not acknowledged."""
    async with Redis(connection_pool=broker.connection_pool) as redis:  # type: ignore[attr-defined]
        pending = await redis.xpending("taskiq", "taskiq")
        return int(pending["pending"])


uvloop.run(main())
