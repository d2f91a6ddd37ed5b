"""What attempts log is kept once, in the order of the attempts, for its tenant alone, and as long as its job."""

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.instant import DAY, SECOND
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSONObject
from holdfast.model.log_line import LogLine
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, TENANT, Scene, failed, new_id
from tests.model.definitions import document, node


def line(job: ClaimedJob, number: int, message: str = "text", **fields: object) -> LogLine:
    known: JSONObject = dict(fields)  # type: ignore[arg-type]
    at = job.started_at + number
    return LogLine(job.id, job.tenant, job.lease, job.attempt, number, at, "info", message, known)


async def lines(scene: Scene, job_id: str, attempt: int | None = None, tenant: str = TENANT) -> list[LogLine]:
    return list((await scene.store.list_log_lines(tenant, job_id, attempt, None, 100)).items)


async def test_lines_come_back_as_they_were_in_the_order_of_attempts(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    first = [line(job, 1, "begin: ü \U0001f600", count=1), line(job, 2, "", nested={"a": [None, 1.5, "\x00"]})]
    await scene.store.add_log_lines(first)
    await scene.finish(worker, (job, failed()))
    scene.clock.move(10 * SECOND)
    (again,) = await scene.claim(worker)
    second = [line(again, 1, "again")]
    await scene.store.add_log_lines(second)
    assert await lines(scene, job.id) == first + second
    assert await lines(scene, job.id, 1) == first
    assert await lines(scene, job.id, again.attempt) == second
    assert await lines(scene, job.id, 9) == []


async def test_a_repeated_write_adds_nothing(scene: Scene) -> None:
    _, job = await scene.started(scene.job())
    await scene.store.add_log_lines([line(job, 1, "once")])
    await scene.store.add_log_lines([line(job, 1, "once"), line(job, 2, "more")])
    await scene.store.add_log_lines([])
    assert [each.message for each in await lines(scene, job.id)] == ["once", "more"]


async def test_nothing_is_kept_of_a_job_that_is_gone_or_of_another_tenant(scene: Scene) -> None:
    _, job = await scene.started(scene.job())
    gone = job._replace(id=new_id(scene.now))
    foreign = job._replace(tenant="other")
    await scene.store.add_log_lines([line(gone, 1), line(foreign, 1), line(job, 2, "mine")])
    assert await scene.count("attempt_logs") == 1
    assert [each.message for each in await lines(scene, job.id)] == ["mine"]
    assert await lines(scene, job.id, tenant="other") == []


async def test_long_lists_come_in_pages(scene: Scene) -> None:
    _, job = await scene.started(scene.job())
    written = [line(job, number) for number in range(1, 8)]
    await scene.store.add_log_lines(list(reversed(written)))
    found: list[LogLine] = []
    cursor = None
    while True:
        page = await scene.store.list_log_lines(TENANT, job.id, None, cursor, 3)
        found += page.items
        cursor = page.next
        if cursor is None:
            break
        assert len(page.items) == 3
    assert found == written
    with pytest.raises(Invalid):
        await scene.store.list_log_lines(TENANT, job.id, None, "nonsense", 3)


async def test_lines_go_with_their_job(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    await scene.store.add_log_lines([line(job, 1)])
    await scene.finish(worker, (job, OK))
    scene.clock.move(2 * DAY)
    await scene.store.prune(scene.now, DAY)
    assert await scene.count("attempt_logs") == 0


async def test_lines_of_a_step_go_with_their_run(scene: Scene) -> None:
    await scene.save(document([node("a")], []))
    await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = await driver.claim()
    await scene.store.add_log_lines([line(jobs["a"], 1)])
    await driver.settle(jobs)
    scene.clock.move(2 * DAY)
    await scene.store.prune(scene.now, DAY)
    assert await scene.count("attempt_logs") == 0
