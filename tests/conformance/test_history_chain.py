"""A job's history has no gaps: each transition starts where the last one led, whatever happened silently in between."""

from itertools import pairwise

from holdfast.model.instant import MINUTE
from holdfast.model.job import LEGAL, JobState
from holdfast.model.retry import RetryPolicy
from tests.conformance.scene import OK, Scene, failed

FIXED = RetryPolicy(max_attempts=3, strategy="fixed", base_delay=MINUTE, max_delay=MINUTE, jitter="none")


async def test_every_transition_starts_where_the_last_one_led(scene: Scene) -> None:
    job = scene.job(due_in=MINUTE, retry=FIXED)
    await scene.insert(job)
    worker = await scene.worker()
    for outcome in (failed(), failed(), OK):
        scene.clock.move(MINUTE)
        (claimed,) = await scene.claim(worker)
        await scene.finish(worker, (claimed, outcome))
        worker = await scene.worker()
    changes = (await scene.get(job)).changes
    assert [change.after for change in changes] == [
        "SCHEDULED", "RUNNING", "SCHEDULED", "RUNNING", "SCHEDULED", "RUNNING", "SUCCEEDED",
    ]  # fmt: skip
    assert changes[0].before is None
    assert all(later.before == earlier.after for earlier, later in pairwise(changes))
    assert all(JobState(c.after) in LEGAL[JobState(c.before)] for c in changes[1:] if c.before is not None)
