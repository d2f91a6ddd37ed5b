"""The store's own clock: a SQLite file has none, so the host's is taken."""

import time

from holdfast.model.instant import Instant


def host_now() -> Instant:
    return time.time_ns() // 1_000
