"""Celery on Redis: its own worker command with a pool of threads and a large prefetch, no results, no events.

The worker is a process of its own, so the clock follows the queue: it starts when the warm-up jobs have left it and
ends when neither the queue nor the unacknowledged messages hold any.
"""

import os
import subprocess
import sys

from redis import Redis  # type: ignore[import-not-found, import-untyped, unused-ignore]

from bench.peers.stopwatch import Stopwatch, pause

# Faster here than prefork with 1, 2 or 4 children, and than solo.
THREADS = "8"


def main() -> None:
    watch = Stopwatch()
    os.environ["BENCH_REDIS_URL"] = watch.url
    from bench.peers.celery.app import app, task

    redis = Redis.from_url(watch.url)
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(watch.total):
            task.apply_async(producer=producer)
    command = [sys.executable, "-m", "celery", "-A", "bench.peers.celery.app", "worker"]
    options = ["--pool", "threads", "--concurrency", THREADS, "--loglevel", "ERROR", "--without-gossip"]
    worker = subprocess.Popen([*command, *options, "--without-mingle", "--without-heartbeat"], stdout=sys.stderr)
    try:
        while (left := redis.llen("celery") + redis.hlen("unacked")) > watch.jobs:
            pause()
        watch.handled = watch.total - left
        watch.begin()
        while redis.llen("celery") or redis.hlen("unacked"):
            pause()
        watch.end()
    finally:
        worker.terminate()
        worker.wait()


main()
