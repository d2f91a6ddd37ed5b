"""The runners' side of the protocol, with the standard library only: each runs in its peer's own environment.

``python -m bench.peers.NAME.run URL JOBS WARM_UP`` prints ``begin`` and, at the end, ``{"jobs": …, "seconds": …}``.
"""

import json
import sys
from time import perf_counter, sleep


class Stopwatch:
    """Counts handled jobs; the clock starts when the warm-up is through. Threads may call it: no job is counted twice
    by more than the few that run at that moment, and the end is the store's word, not the count's."""

    def __init__(self) -> None:
        self.url = sys.argv[1]
        self.jobs = int(sys.argv[2])
        self.warm_up = int(sys.argv[3])
        self.total = self.jobs + self.warm_up
        self.handled = 0
        self._began: float | None = None

    def tick(self) -> None:
        """A handler was called."""
        self.handled += 1
        if self._began is None and self.handled >= self.warm_up:
            self.begin()

    def begin(self) -> None:
        self._began = perf_counter()
        self._left = self.total - self.handled
        print("begin", flush=True)

    def end(self) -> None:
        """Everything is done."""
        assert self._began is not None
        print(json.dumps({"jobs": self._left, "seconds": perf_counter() - self._began}), flush=True)


def pause() -> None:
    """Between two looks at a store, where a runner can't wait for an event."""
    sleep(0.01)
