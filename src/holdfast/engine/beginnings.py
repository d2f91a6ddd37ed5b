"""How the attempts of claimed jobs begin: lone jobs at once, the steps of runs when what they may read is there."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from holdfast.engine.attempts import Attempts
from holdfast.engine.contexts import Contexts
from holdfast.model.job import ClaimedJob
from holdfast.model.records import RunContext
from holdfast.ports import Clock, Observer


class Beginnings:
    """Begins the attempts of jobs that are held, or forgets them: none is left behind."""

    def __init__(self, attempts: Attempts, contexts: Contexts, clock: Clock, observer: Observer) -> None:
        self._attempts = attempts
        self._contexts = contexts
        self._clock = clock
        self._observer = observer

    def stop(self) -> None:
        """What would have to be waited for isn't begun any more."""
        self._contexts.stop()

    def drop(self, jobs: Iterable[ClaimedJob]) -> None:
        """Forgets held jobs: the next heartbeat, or the worker's end, gives them back."""
        for job in jobs:
            self._attempts.drop(job)

    async def load_and_begin(self, jobs: Sequence[ClaimedJob]) -> None:
        """Raises ``Unavailable`` when the worker stops before the store has answered; the steps are dropped then."""
        self.begin([job for job in jobs if job.run_id is None], {})
        steps = [job for job in jobs if job.run_id is not None]
        if steps:
            try:
                contexts = await self._contexts.load(steps)
            except BaseException:
                self.drop(steps)
                raise
            self.begin(steps, contexts)

    def begin(self, jobs: Collection[ClaimedJob], contexts: Mapping[str, RunContext]) -> None:
        now = self._clock.now()
        self._observer.claimed(jobs, now)
        for job in jobs:
            self._attempts.begin(job, contexts.get(job.id))
