"""The runners' side of the protocol, with the standard library only: each runs in its peer's own environment.

``python -m bench.peers.NAME.run URL JOBS WARM_UP`` prints ``begin`` and, at the end, ``{"jobs": …, "seconds": …}``.
"""

import json
import sys
from threading import Lock
from time import perf_counter, sleep


class Stopwatch:
    """Counts handled jobs, from any thread; the clock starts when the warm-up is through."""

    def __init__(self) -> None:
        self.url = sys.argv[1]
        self.jobs = int(sys.argv[2])
        self.warm_up = int(sys.argv[3])
        self.total = self.jobs + self.warm_up
        self.handled = 0
        self._lock = Lock()
        self._began: float | None = None
        self._stopped: float | None = None

    def tick(self) -> None:
        """A handler was called."""
        with self._lock:
            self.handled += 1
            if self._began is None and self.handled >= self.warm_up:
                self.begin()

    def begin(self) -> None:
        self._began = perf_counter()
        self._left = self.total - self.handled
        print("begin", flush=True)

    def stop(self) -> None:
        """Everything is done; for a runner that has something to check before it tells."""
        self._stopped = perf_counter()

    def end(self) -> None:
        """Everything is done."""
        assert self._began is not None
        seconds = (self._stopped or perf_counter()) - self._began
        print(json.dumps({"jobs": self._left, "seconds": seconds}), flush=True)


def pause() -> None:
    """Between two looks at a store, where a runner can't wait for an event."""
    sleep(0.01)
