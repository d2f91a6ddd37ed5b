"""How long the link leaves a server alone between two tries."""

from typing import Final

STEADY: Final = 15.0  # healthy for so many seconds, the next pause is the first again
FIRST: Final = 0.1
LONGEST: Final = 3.0
# For one that passes every probe and refuses the work itself, time and again: each change wakes whoever works.
LEFT_ALONE: Final = 60.0


class Pauses:
    """They grow from one try to the next."""

    def __init__(self) -> None:
        self._next = FIRST
        self._refusals = 0

    def after(self, lasted: float, refused: bool) -> float:
        """Seconds, after a try that lasted so long. ``refused``: the server was used, and then said no to a call."""
        if lasted > STEADY:
            self._next, self._refusals = FIRST, 0
        self._refusals = min(self._refusals + 1, 20) if refused else 0
        pause = self._next
        self._next = min(pause * 2, LONGEST)
        return min(pause * float(2**self._refusals), LEFT_ALONE)
