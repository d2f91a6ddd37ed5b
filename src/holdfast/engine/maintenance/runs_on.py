"""What keeps runs going where no worker's result does: mail, waits and runs that time out, runs that wait for a place.

Any process may run any of these, beside any other: each round is a transaction that the store guards. A round that
finds nothing costs one look at an empty table. Who comes to have work, or news, is told after the commit. Under a lead,
a process that stands by still runs the rounds that its own news ask for, so that a flow goes on as quickly wherever it
runs; the news of others are the leader's.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from holdfast.engine.loop import WokenLoop
from holdfast.engine.wakeups import INBOX, RUNS, Wakeups
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.ports import Clock, Entropy, Finished, Store

# Without news from other processes this is how soon theirs are seen; with them, only a backstop.
_POLL: Final[Micros] = 200 * MILLISECOND
_BACKSTOP: Final[Micros] = 2 * SECOND
# How late a wait or a run may time out.
_TICK: Final[Micros] = 500 * MILLISECOND


class _Round(WokenLoop):
    """Repeats one call of the store while it comes back full."""

    batch: int = 100

    def __init__(
        self, call: Callable[[Instant, int], Awaitable[Finished]], clock: Clock, entropy: Entropy, wakeups: Wakeups,
        every: Micros, bridged: Micros,
    ) -> None:  # fmt: skip
        super().__init__(clock, entropy, wakeups, every, bridged)
        self._call = call

    async def run_once(self) -> bool:
        done = await self._call(self._clock.now(), self.batch)
        if done.ended or done.queues or done.stopped or done.mail or done.freed:
            self._wakeups.tell(done)
        return done.ended >= self.batch


class Deliverer(_Round):
    """Reads the inboxes of runs: what became of children, what a parent wants."""

    name = "deliverer"
    topics = (INBOX,)
    helps = True
    batch = 200

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, every: Micros = _POLL) -> None:
        super().__init__(store.deliver, clock, entropy, wakeups, every, max(every, _BACKSTOP))


class _Expired(_Round):
    """A part of the wait timer's rounds."""

    name = "run-timer"

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, every: Micros) -> None:
        super().__init__(store.expire_runs, clock, entropy, wakeups, every, every)


class WaitTimer(_Round):
    """Ends parked nodes whose time has come by their port ``timeout``, and fails runs that took too long.

    The rescuer looks after such runs too, less often: these rounds are what makes a short timeout a short one.
    """

    name = "wait-timer"
    batch = 500

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, every: Micros = _TICK) -> None:
        super().__init__(store.expire_waits, clock, entropy, wakeups, every, every)
        self._runs = _Expired(store, clock, entropy, wakeups, every)

    async def run_once(self) -> bool:
        more_runs = await self._runs.run_once()
        return await super().run_once() or more_runs


class RunAdmitter(_Round):
    """Starts runs that waited for their place."""

    name = "run-admitter"
    topics = (RUNS,)
    helps = True

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, every: Micros = _POLL) -> None:
        super().__init__(store.admit_runs, clock, entropy, wakeups, every, max(every, _BACKSTOP))
