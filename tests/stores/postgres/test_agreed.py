"""The success of a run's only step is decided on what was read without a lock: whatever happens between the read and
the write comes to the same as if it had come before both."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final, NamedTuple

import asyncpg
import pytest

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.event import Event
from holdfast.model.instant import HOUR, MINUTE
from holdfast.model.job import ClaimedJob, settle
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Emit, Outcome, Released, Succeeded
from holdfast.ports import Finished, Handover, Touch
from holdfast.stores.postgres.settlement import Settlement
from holdfast.stores.settling import LiveJob
from tests.conformance.flow_scene import FLOW_KINDS, FlowScene, flow_graph_of, flow_scene
from tests.conformance.scene import TENANT, failed, open_store
from tests.model.definitions import document, edge, node
from tests.support.waiting import eventually

OFFER: Final = Handover(("default",), FLOW_KINDS, 10)
# The step is ``work``; what comes after it may be handed over, and waits for a signal.
LINE: Final = document(
    [node("book", compensate="undo"), node("undo"), node("work"), node("ask", "wait.callback"), node("last")],
    [edge("book", "work"), edge("work", "ask"), edge("ask", "last")],
)
END: Final = document([node("book"), node("work")], [edge("book", "work")], output="{{ nodes.book.output }}")
BESIDE: Final = document([node("book"), node("work"), node("else")], [edge("book", "work"), edge("book", "else")])
DONE: Final = Succeeded({"n": 1}, emits=(Emit("sample.done", {"n": 1}),))


class Case(NamedTuple):
    scene: FlowScene
    worker: str
    run_id: str
    job: ClaimedJob

    async def finish(self, outcome: Outcome = DONE, at: "FlowScene | None" = None) -> Finished:
        scene = at or self.scene
        return await scene.store.finish(self.worker, [settle(self.job, outcome, scene.now, 0.5)], scene.now, OFFER)

    async def told(self) -> list[tuple[str, str | None, object]]:
        """What the run tells of itself, without ids."""
        events = await self.scene.store.list_events(TENANT, None, run_id=self.run_id)
        return [(event.type, event.node_id, self._named(event)) for event in events]

    def _named(self, event: Event) -> object:
        return {name: value for name, value in event.data.items() if name != "worker"}


Change = Callable[[FlowScene, Case], Awaitable[object]]


async def paused(scene: FlowScene, case: Case) -> None:
    await scene.store.pause_run(TENANT, case.run_id, scene.now)


async def paused_for_a_moment(scene: FlowScene, case: Case) -> None:
    await paused(scene, case)
    await scene.store.resume_run(TENANT, case.run_id, scene.now)


async def cancelled(scene: FlowScene, case: Case) -> None:
    await scene.store.cancel_run(TENANT, case.run_id, scene.now)


async def undone(scene: FlowScene, case: Case) -> None:
    await scene.store.cancel_run(TENANT, case.run_id, scene.now, compensate=True)


async def expired(scene: FlowScene, case: Case) -> None:
    assert (await scene.store.expire_runs(scene.now + HOUR)).ended == 1


async def pruned(scene: FlowScene, case: Case) -> None:
    await cancelled(scene, case)
    assert await scene.store.prune(scene.now + HOUR, MINUTE) > 0


async def rescued(scene: FlowScene, case: Case) -> None:
    assert (await scene.store.rescue(scene.now, hung_grace=HOUR, gone=[case.worker])).jobs == 1


async def rescued_and_taken(scene: FlowScene, case: Case) -> None:
    await rescued(scene, case)
    assert list(await (await scene.driver()).claim()) == ["work"]


async def rescued_while_paused(scene: FlowScene, case: Case) -> None:
    await paused(scene, case)
    await rescued(scene, case)


async def given_back_and_taken_again(scene: FlowScene, case: Case) -> None:
    await case.finish(Released(), scene)
    (again,) = await scene.claim(case.worker, kinds=FLOW_KINDS)
    assert (again.id, again.lease) == (case.job.id, case.job.lease + 1)


async def failed_already(scene: FlowScene, case: Case) -> None:
    await case.finish(failed("no room"), scene)


async def finished_already(scene: FlowScene, case: Case) -> None:
    await case.finish(at=scene)


async def asked_to_stop(scene: FlowScene, case: Case) -> None:
    await scene.store.cancel_job(TENANT, case.job.id, scene.now)


async def signalled(scene: FlowScene, case: Case) -> None:
    await scene.signal(case.run_id, "ask", {"n": 2})


async def touched(scene: FlowScene, case: Case) -> None:
    await scene.store.touch_jobs(case.worker, [Touch(case.job.id, case.job.lease, {"done": 1})], scene.now)
    assert await scene.store.save_step(case.worker, case.job.id, case.job.lease, "one", 1, scene.now)


async def joined_by_others(scene: FlowScene, case: Case) -> None:
    """Something else waits in the queue and nothing may be handed over."""
    await scene.insert(scene.job())


async def nothing(scene: FlowScene, case: Case) -> None: ...


# What happens, and whether the decision still holds then.
CHANGES: Final[list[tuple[Change, bool]]] = [
    (paused, False),
    (paused_for_a_moment, False),
    (cancelled, False),
    (undone, False),
    (expired, False),
    (pruned, False),
    (rescued, False),
    (rescued_and_taken, False),
    (rescued_while_paused, False),
    (given_back_and_taken_again, False),
    (failed_already, False),
    (finished_already, False),
    (asked_to_stop, True),
    (signalled, True),
    (touched, True),
    (joined_by_others, True),
    (nothing, True),
]


class Spy:
    """What became of decisions, with something to happen after each read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.between: Callable[[], Awaitable[object]] | None = None
        self.agreed: list[bool] = []
        self.locked = 0
        read, write, lock = Settlement.read_step, Settlement.write_agreed, Settlement.lock_step

        async def then(settlement: Settlement, run_id: str, job_id: str) -> LiveJob | None:
            job = await read(settlement, run_id, job_id)
            between, self.between = self.between, None
            if between is not None:
                await between()
                self.agreed.clear()
                self.locked = 0
            return job

        async def written(settlement: Settlement, worker_id: str) -> Finished | None:
            done = await write(settlement, worker_id)
            self.agreed.append(done is not None)
            return done

        async def locked(settlement: Settlement, run_id: str, job_id: str) -> dict[str, LiveJob]:
            self.locked += 1
            return await lock(settlement, run_id, job_id)

        monkeypatch.setattr(Settlement, "read_step", then)
        monkeypatch.setattr(Settlement, "write_agreed", written)
        monkeypatch.setattr(Settlement, "lock_step", locked)


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    return Spy(monkeypatch)


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[FlowScene]:
    async with flow_scene(postgres_url) as one:
        yield one


@pytest.fixture
async def other(scene: FlowScene) -> AsyncIterator[FlowScene]:
    store = await open_store(scene.url, flow_graph_of)
    yield FlowScene(store, scene.url, scene.clock)
    await store.close()


async def begun(scene: FlowScene, definition: JSONObject = LINE) -> Case:
    """A run whose step ``work`` is claimed."""
    try:
        await scene.store.get_workflow(TENANT, "sample")
    except NotFound:
        await scene.save(definition)
    new = replace(await scene.new_flow("sample", {"n": 1}), deadline_at=scene.now + MINUTE)
    (accepted,) = await scene.store.start_runs([new], scene.now)
    driver = await scene.driver()
    assert await driver.step() == {"book"}
    return Case(scene, driver.worker_id, accepted.id, (await driver.claim())["work"])


async def put_away(case: Case) -> None:
    """Nothing of it waits in the queue any more."""
    with suppress(Conflict, NotFound):
        await case.scene.store.cancel_run(TENANT, case.run_id, case.scene.now)
    for job_id in await case.scene.column("SELECT job_id FROM live WHERE run_id IS NULL"):
        await case.scene.store.cancel_job(TENANT, str(job_id), case.scene.now)


async def outcome_of(case: Case, finished: Finished) -> object:
    """All that can be seen of it."""
    shown: object = None
    try:
        run = await case.scene.run(case.run_id)
        nodes = {name: (n.state, n.ports, n.output, n.error, n.attempts) for name, n in (run.nodes or {}).items()}
        shown = (run.state, run.output, run.error, nodes)
    except NotFound as error:
        shown = type(error)
    live = await case.scene.column(f"SELECT (node_id, state, lease, attempt) FROM live WHERE run_id = '{case.run_id}'")
    handed = [job.node_id for job in finished.claimed]
    answer = (len(finished.late), len(finished.stopped), finished.queues, finished.over, finished.mail, handed)
    return shown, sorted(map(str, live)), answer, await case.told()


@pytest.mark.parametrize(("change", "holds"), CHANGES, ids=lambda value: getattr(value, "__name__", ""))
async def test_what_happens_between_read_and_write_is_as_if_it_had_come_before(
    scene: FlowScene, other: FlowScene, spy: Spy, change: Change, holds: bool
) -> None:
    case = await begun(scene)
    spy.between = lambda: change(other, case)
    between = await outcome_of(case, await case.finish())
    assert (spy.agreed, spy.locked) == ([holds], 0 if holds else 1)
    await put_away(case)
    case = await begun(scene)
    await change(other, case)
    assert between == await outcome_of(case, await case.finish())


async def test_a_run_ends_agreed(scene: FlowScene, spy: Spy) -> None:
    case = await begun(scene, END)
    spy.agreed.clear()
    done = await case.finish()
    assert (done.over, done.claimed, spy.agreed) == (True, (), [True])
    run = await scene.run(case.run_id)
    assert (run.state, run.output) == ("SUCCEEDED", "book")


async def test_where_something_else_goes_on_the_run_is_locked_first(scene: FlowScene, spy: Spy) -> None:
    case = await begun(scene, BESIDE)
    spy.agreed.clear()
    done = await case.finish()
    assert (spy.agreed, spy.locked, done.late) == ([], 1, frozenset())
    assert (await scene.states(case.run_id))["work"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("meanwhile", "agreed"),
    [
        ("SELECT 1", True),
        ("UPDATE live SET hung_at = hung_at + 1", True),
        ("UPDATE runs SET deadline_at = deadline_at + 1", False),
        ("UPDATE runs SET deadline_at = deadline_at", False),
    ],
)
async def test_a_write_that_waits_for_the_run_looks_at_what_it_has_become(
    scene: FlowScene, spy: Spy, meanwhile: str, agreed: bool
) -> None:
    case = await begun(scene)
    spy.agreed.clear()
    keeper: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(scene.url)
    try:
        transaction = keeper.transaction()
        await transaction.start()
        await keeper.execute("SELECT FROM runs FOR UPDATE")
        finishing = asyncio.create_task(case.finish())

        async def waiting() -> bool:
            return bool(await keeper.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))

        await eventually(waiting)
        await keeper.execute(meanwhile)
        await transaction.commit()
        done = await finishing
    finally:
        await keeper.close()
    assert (spy.agreed, done.late) == ([agreed], frozenset())
    assert [job.node_id for job in done.claimed] == ["ask"]


async def test_two_finishes_of_one_step_at_once_write_it_once(scene: FlowScene, other: FlowScene) -> None:
    for _ in range(10):
        case = await begun(scene, END)
        await asyncio.gather(case.finish(), case.finish(at=other), case.finish(), case.finish(at=other))
        told = [kind for kind, node_id, _ in await case.told() if node_id != "book"]
        assert told.count("job.succeeded") == told.count("node.completed") == told.count("workflow.finished") == 1
        assert told.count("sample.done") == 1
