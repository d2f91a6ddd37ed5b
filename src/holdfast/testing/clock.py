"""A clock that goes on as the machine's does, and ahead by what a test adds to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from holdfast.model.instant import SECOND, Instant, Micros, parse_duration
from holdfast.system import SystemClock

Length = str | float | timedelta


class MovableClock(SystemClock):
    """``move("2d")`` makes it two days later at once. It never goes back."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead: Micros = 0
        self._on_move: list[Callable[[], None]] = []

    def now(self) -> Instant:
        return super().now() + self._ahead

    def move(self, by: Length) -> None:
        """Moves ahead by ``"5m"``, seconds or a timedelta. Raises ``ValueError`` for less than nothing."""
        micros = _micros(by)
        if micros < 0:
            raise ValueError("time goes forward only")
        self._ahead += micros
        for tell in self._on_move:
            tell()

    def on_move(self, tell: Callable[[], None]) -> None:
        """Calls ``tell`` after each move."""
        self._on_move.append(tell)

    @property
    def time(self) -> datetime:
        """Now, in UTC."""
        return datetime.fromtimestamp(self.now() / SECOND, UTC)


def _micros(by: Length) -> Micros:
    if isinstance(by, str):
        return parse_duration(by)
    return by // timedelta(microseconds=1) if isinstance(by, timedelta) else round(by * SECOND)
