"""Building blocks of these tests: links, streams, seats and offers."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack

from holdfast.engine.relay import TTL
from holdfast.model.instant import SECOND, Instant
from holdfast.ports.streams import Delivered, Offer, Seat
from holdfast.streams.link import Link
from holdfast.streams.notifier import RedisNotifier
from holdfast.streams.streams import RedisStreams
from tests.support.waiting import eventually

KEY = "the secret key of these tests, long enough"
WINDOW = {"*": 1_000}
LONG = 20 * SECOND


class Opener:
    """Opens what a test needs, and closes it after the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def link(self, url: str, key: str = KEY) -> Link:
        link = Link(url, key)
        await link.open()
        self._stack.push_async_callback(link.close)
        return link

    async def streams(self, url: str, key: str = KEY, wait: bool = True) -> RedisStreams:
        streams = RedisStreams(Link(url, key))
        await streams.open()
        self._stack.push_async_callback(streams.close)
        if wait:
            await eventually(lambda: streams.healthy, message=lambda: str(streams.trouble))
        return streams

    async def notifier(self, url: str, heard: list[frozenset[str]], key: str = KEY) -> RedisNotifier:
        notifier = RedisNotifier(Link(url, key))
        await notifier.open(heard.append)
        self._stack.push_async_callback(notifier.close)
        await eventually(lambda: notifier.healthy)
        return notifier


def now() -> Instant:
    return time.time_ns() // 1_000


def seat(worker: str = "w1", *queues: str, free: int = 10) -> Seat:
    return Seat(worker, queues or ("*",), frozenset({"mail.send", "http.request"}), frozenset({"eu"}), free)


def offers(*jobs: str, queue: str = "default", tenant: str = "acme") -> list[Offer]:
    return [Offer(queue, tenant, job) for job in jobs]


def jobs_of(delivered: list[Delivered]) -> list[str]:
    return [item.offer.job_id for item in delivered]


async def put(streams: RedisStreams, *jobs: str, queue: str = "default", window: int = 1_000) -> int:
    return await streams.offer(offers(*jobs, queue=queue), {"*": window}, [queue], now(), TTL)


async def got(streams: RedisStreams, reader: Seat, patience: float = 0) -> list[str]:
    """Reads and settles; the jobs."""
    delivered = await streams.read(reader, now(), int(patience * SECOND))
    await streams.settle(reader, delivered, now())
    return jobs_of(delivered)
