"""Celery's application and its one task; the worker process loads this module."""

import os

from celery import Celery  # type: ignore[import-not-found]

app = Celery("bench", broker=os.environ["BENCH_REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=64,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
)


def noop() -> None:
    """Nothing."""


task = app.task(noop, name="noop", ignore_result=True)
