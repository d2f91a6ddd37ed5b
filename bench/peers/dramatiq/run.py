"""dramatiq on Redis: one worker process with 32 threads. What ended is deleted."""

import dramatiq  # type: ignore[import-not-found]
from dramatiq.brokers.redis import RedisBroker  # type: ignore[import-not-found]

from bench.peers.stopwatch import Stopwatch, pause

# Its default is 8; each of its threads waits for Redis once a job, and here 32 were the fastest.
THREADS = 32
watch = Stopwatch()
broker = RedisBroker(url=watch.url)
dramatiq.set_broker(broker)


def noop() -> None:
    """Nothing but the count."""
    watch.tick()


actor = dramatiq.actor(noop)


def main() -> None:
    for _ in range(watch.total):
        actor.send()
    worker = dramatiq.Worker(broker, worker_threads=THREADS)
    worker.start()
    while watch.handled < watch.total or broker.client.hlen("dramatiq:default.msgs"):
        pause()
    watch.end()
    worker.stop()


main()
