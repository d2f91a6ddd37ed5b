"""The walks of retention: each rule counts, each job is looked at once in a while and not more often."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from holdfast.model.ids import uuid7
from holdfast.model.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros
from holdfast.model.job import JobState
from holdfast.model.records import Retention
from holdfast.stores.retention import PORTION, Rules, Seen, Stretch, Walks, prune_jobs

START: Instant = 1_800_000_000 * SECOND
S = JobState


class Kept:
    """Ended jobs in memory, with a count of those that were looked at."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.walks = Walks()
        self.jobs: list[Seen] = []
        self.looked = 0

    def add(self, at: Instant, *, state: str = "SUCCEEDED", queue: str = "q", ended: Instant | None = None) -> Seen:
        job = Seen(uuid7(at, len(self.jobs)), "t", queue, state, None, at if ended is None else ended)
        self.jobs.append(job)
        return job

    async def prune(self, now: Instant, limit: int = PORTION) -> int:
        async def look(stretch: Stretch, count: int) -> Sequence[Seen]:
            ids = [job.id for job in self.jobs]
            found = self.jobs[bisect_right(ids, stretch.after) : bisect_left(ids, stretch.before)][:count]
            self.looked += len(found)
            return found

        async def drop(jobs: Sequence[Seen]) -> int:
            gone = {job.id for job in jobs}
            self.jobs = [job for job in self.jobs if job.id not in gone]
            return len(gone)

        stretches = self.walks.stretches(self.rules, {"": self.rules.lengths()}, now)
        return await prune_jobs(self.walks, stretches, self.rules, now, limit, look, drop)

    async def prune_all(self, now: Instant) -> int:
        total = 0
        while count := await self.prune(now):
            total += count
        return total


def rules(keep: Micros, queues: Mapping[str, Retention] | None = None) -> Rules:
    return Rules(keep, queues or {}, {})


def test_the_tenants_word_counts_first_then_the_queues() -> None:
    found = Rules(30 * DAY, {"q": {S.DEAD: 2, S.FAILED: 2}}, {"t": {S.DEAD: 1}})
    assert found.kept("t", "q", S.DEAD) == 1
    assert found.kept("t", "q", S.FAILED) == 2
    assert found.kept("t", "q", S.SUCCEEDED) == 30 * DAY
    assert found.kept("other", "q", S.DEAD) == 2
    assert found.kept("other", "other", S.DEAD) == 30 * DAY
    assert found.lengths() == {1, 2, 30 * DAY}
    assert found.lengths("other") == {2, 30 * DAY}


async def test_what_stays_is_looked_at_once_until_the_second_walk_comes_by() -> None:
    kept = Kept(rules(DAY, {"audit": {S.SUCCEEDED: 400 * DAY}}))
    for n in range(5_000):
        kept.add(START + n * SECOND, queue="audit")
    now = START + 30 * DAY
    assert await kept.prune_all(now) == 0
    assert kept.looked == 5_000
    for _ in range(30):
        now += 5 * MINUTE
        await kept.prune(now)
    assert kept.looked == 5_000
    now += DAY
    await kept.prune(now)
    assert kept.looked == 10_000


async def test_a_short_rule_beside_a_long_one_goes_on_from_where_it_was() -> None:
    kept = Kept(rules(30 * DAY, {"short": {S.SUCCEEDED: HOUR}}))
    now = START
    for _ in range(40):
        for n in range(100):
            kept.add(now + n * MILLISECOND, queue="short" if n % 2 else "long")
        now += 30 * SECOND
    now += HOUR
    assert await kept.prune_all(now) == 2_000
    looked = kept.looked
    for _ in range(8):  # less than the time of the second walk
        for n in range(100):
            kept.add(now - HOUR + n * MILLISECOND, queue="short" if n % 2 else "long")
        kept.jobs.sort()
        now += 5 * MINUTE
        assert await kept.prune_all(now) == 50
    # Besides the new ones only those of the last minutes before the horizon.
    assert kept.looked - looked <= 8 * 100 + 8 * 12 * 100


async def test_a_straggler_goes_with_the_second_walk_at_the_latest() -> None:
    kept = Kept(rules(HOUR))
    kept.add(START, ended=START + 3 * HOUR)
    now = START + 2 * HOUR
    assert await kept.prune_all(now) == 0
    now = START + 4 * HOUR + SECOND
    assert await kept.prune_all(now) == 1


async def test_a_call_deletes_no_more_than_it_was_asked_to_and_the_next_goes_on() -> None:
    kept = Kept(rules(HOUR))
    for n in range(1_700):
        kept.add(START + n)
    now = START + DAY
    assert [await kept.prune(now, 700) for _ in range(4)] == [700, 700, 300, 0]


async def test_other_rules_begin_anew() -> None:
    kept = Kept(rules(30 * DAY, {"q": {S.SUCCEEDED: 2 * HOUR}, "r": {S.SUCCEEDED: HOUR}}))
    kept.add(START, queue="q")
    now = START + HOUR + MINUTE
    assert await kept.prune_all(now) == 0
    kept.rules = rules(30 * DAY, {"q": {S.SUCCEEDED: HOUR}, "r": {S.SUCCEEDED: HOUR}})
    assert await kept.prune_all(now) == 1
