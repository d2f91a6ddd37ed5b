"""Suspects: jobs under which workers died again and again, one of which may be what kills them.

Which of the jobs that a worker ran has killed it can't be told, so the attempts of all of them are lost. Left at that,
a job that kills its worker would take everything that is claimed with it along to the dead letters. So a job whose
worker died ``SUSPICIOUS`` times is a suspect, and a worker holds no second suspect while it runs one: the next strike
costs the other suspects nothing, and jobs beside it are suspects themselves before they have used up their losses.

Those that must wait are put off unburnt, for longer each time, so that many of them don't fill the history.
"""

from typing import Final

from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import ClaimedJob

# Of the five losses that a job has: as many again are left for those that are lost while others are found out.
SUSPICIOUS: Final = 3
_SHORTEST: Final[Micros] = 250 * MILLISECOND
_LONGEST: Final[Micros] = 20 * SECOND
_DOUBLINGS: Final = 8


def is_suspect(job: ClaimedJob) -> bool:
    return job.lost >= SUSPICIOUS


def deferred_until(job: ClaimedJob, now: Instant, random: float) -> Instant:
    """When a suspect that has to wait is due again: its claims that were no attempts tell how often it waited."""
    waited = max(job.lease - job.lost - job.attempt, 0)
    longest = min(_SHORTEST << min(waited, _DOUBLINGS), _LONGEST)
    return now + longest // 2 + int(longest // 2 * random)
