"""What a task may raise to say how its attempt ends, besides returning a result or failing with any other exception.

``Stopped`` is raised *to* a plain function whose attempt is over. It is no ``Exception``, as ``CancelledError`` is
none, so that ``except Exception`` doesn't hold it up.
"""

from holdfast.model.instant import Micros
from holdfast.tasks.durations import Duration, micros_of


class FinalError(Exception):
    """Raised by a task: the job ends FAILED and isn't retried."""


class RetryLater(Exception):
    """Raised by a task: the attempt failed; try again after ``delay`` (``"5m"``, seconds, a timedelta) or later."""

    def __init__(self, delay: Duration, message: str = "asked to be retried later") -> None:
        super().__init__(message)
        self.delay: Micros = micros_of(delay)


class Snooze(Exception):
    """Raised by a task: not yet; run again after ``delay``. Uses nothing of the retry budget, and nothing failed."""

    def __init__(self, delay: Duration) -> None:
        super().__init__("asked to be run later")
        self.delay: Micros = micros_of(delay)


class Cancel(Exception):
    """Raised by a task: there is nothing to do any more; the job ends CANCELLED."""


class Stopped(BaseException):
    """Raised to a plain function by its context: the attempt was cancelled, timed out or lost its lease."""
