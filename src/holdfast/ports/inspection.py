"""What an operator sees of the broker in one look. See ``holdfast.ports.streams`` for the words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueLook:
    """The stream of one queue.

    ``entries``: offers that are out; ``register``: jobs known as offered; ``forgotten``: offers that were read long ago
    and never settled; ``group``: whether the workers' group is there.
    """

    name: str
    entries: int
    register: int
    forgotten: int
    group: bool


@dataclass(frozen=True, slots=True)
class Look:
    """``seats``: workers that read offers; ``free``: their free slots; ``led``: whether some relay leads."""

    server: str
    evicts: str | None
    seats: int
    free: int
    led: bool
    queues: tuple[QueueLook, ...]

    @property
    def out(self) -> int:
        return sum(queue.entries for queue in self.queues)
