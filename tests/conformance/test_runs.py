"""Runs: started, advanced by their nodes' ends, and told as they stand."""

import pytest

from holdfast.model.errors import Invalid, NotFound
from holdfast.model.instant import HOUR, SECOND
from holdfast.model.job import JobState
from holdfast.model.outcome import Snoozed, Succeeded
from holdfast.model.records import RunRecord
from holdfast.model.run import RunState
from holdfast.ports import Dedupe
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, TENANT, Scene
from tests.model.definitions import document, edge, node

CHAIN = document([node("a"), node("b"), node("c")], [edge("a", "b"), edge("b", "c")], output="{{ nodes.c.output }}")
DIAMOND = document(
    [node("a"), node("b"), node("c"), node("d")],
    [edge("a", "b"), edge("a", "c"), edge("b", "d"), edge("c", "d")],
    output={"b": "{{ nodes.b.output }}", "c": "{{ nodes.c.output }}"},
)
BRANCH = document(
    [
        node("hot", "if", params={"condition": "input.score > 80"}),
        node("mail"),
        node("note"),
        node("done"),
    ],
    [edge("hot.true", "mail"), edge("hot.false", "note"), edge("mail", "done"), edge("note", "done")],
)


async def test_a_run_is_kept_as_it_was_given(scene: Scene) -> None:
    workflow = await scene.save(CHAIN)
    run = await scene.run(await scene.start("sample", {"n": 1}))
    record = await scene.store.get_workflow(TENANT, "sample")
    assert (run.workflow_id, run.workflow, run.version, run.version_id) == (workflow, "sample", 1, record.version_id)
    assert (run.state, run.input, run.output, run.error) == (RunState.RUNNING, {"n": 1}, None, None)
    assert (run.trigger, run.parent, run.correlation_id) == ({"type": "manual"}, None, "correlated")
    assert (run.created_at, run.started_at, run.finished_at) == (scene.now, scene.now, None)
    assert run.nodes is not None
    assert list(run.nodes) == ["a"]
    job = await scene.get(run.nodes["a"].job_id or "")
    assert (job.run_id, job.node_id, job.kind, job.state) == (run.id, "a", "noop", JobState.PENDING)
    assert (run.nodes["a"].state, run.nodes["a"].attempts, run.nodes["a"].started_at) == ("PENDING", 0, None)


async def test_a_chain_runs_step_by_step_to_its_output(scene: Scene) -> None:
    await scene.save(CHAIN)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    claimed = await driver.claim()
    assert (claimed["a"].run_id, claimed["a"].node_id) == (run_id, "a")
    assert claimed["a"].version_id == (await scene.store.get_workflow(TENANT, "sample")).version_id
    scene.clock.move(SECOND)
    finished = await driver.settle(claimed)
    assert (finished.late, finished.queues) == (frozenset(), frozenset({"default"}))
    assert await driver.drain(c=Succeeded({"sum": 3})) == [{"b"}, {"c"}]
    run = await scene.run(run_id)
    assert (run.state, run.output, run.error, run.finished_at) == (RunState.SUCCEEDED, {"sum": 3}, None, scene.now)
    assert run.nodes is not None
    first = run.nodes["a"]
    assert (first.state, first.attempts, first.output, first.ports) == ("SUCCEEDED", 1, "a", ("out",))
    assert (first.started_at, first.finished_at) == (scene.now - SECOND, scene.now)
    assert await scene.sound()


async def test_a_node_on_a_queue_that_nothing_used_before_is_claimed_there(scene: Scene) -> None:
    await scene.save(document([node("a"), node("b", queue="mails")], [edge("a", "b")]))
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    finished = await driver.settle(await driver.claim())
    assert finished.queues == {"mails"}
    (job,) = await scene.claim(driver.worker_id, queues=("default", "mails"))
    assert (job.node_id, job.queue) == ("b", "mails")
    await driver.settle({"b": job})
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED
    assert await scene.sound()


async def test_a_join_waits_for_both_branches_in_one_batch(scene: Scene) -> None:
    await scene.save(DIAMOND)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    assert await driver.drain() == [{"a"}, {"b", "c"}, {"d"}]
    run = await scene.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, {"b": "b", "c": "c"})
    assert await scene.sound()


async def test_a_join_waits_for_both_branches_one_after_the_other(scene: Scene) -> None:
    await scene.save(DIAMOND)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    await driver.step()
    branches = await driver.claim()
    await driver.settle({"c": branches["c"]})
    assert await driver.claim() == {}
    await driver.settle({"b": branches["b"]})
    assert await driver.drain() == [{"d"}]
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED


@pytest.mark.parametrize(("port", "ran", "skipped"), [("true", "mail", "note"), ("false", "note", "mail")])
async def test_a_node_fed_by_both_branches_of_an_if_runs(scene: Scene, port: str, ran: str, skipped: str) -> None:
    await scene.save(BRANCH)
    run_id = await scene.start("sample", {"score": 1})
    driver = await Driver.of(scene)
    assert await driver.drain(hot=Succeeded({"result": port == "true"}, port)) == [{"hot"}, {ran}, {"done"}]
    assert await scene.states(run_id) == {
        "hot": "SUCCEEDED",
        ran: "SUCCEEDED",
        skipped: "SKIPPED",
        "done": "SUCCEEDED",
    }
    assert await scene.sound()


async def test_a_guard_reads_an_earlier_output_that_must_be_loaded(scene: Scene) -> None:
    guarded = document(
        [node("a"), node("b"), node("c", when="nodes.a.output.go"), node("d", when="!nodes.a.output.go")],
        [edge("a", "b"), edge("b", "c"), edge("b", "d")],
    )
    await scene.save(guarded)
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    assert await driver.drain(a=Succeeded({"go": True})) == [{"a"}, {"b"}, {"c"}]
    assert (await scene.states(run_id))["d"] == "SKIPPED"
    assert (await scene.run(run_id)).state is RunState.SUCCEEDED


async def test_many_runs_advance_in_one_batch(scene: Scene) -> None:
    await scene.save(DIAMOND)
    runs = [await scene.start("sample", {"n": n}) for n in range(20)]
    driver = await Driver.of(scene)
    while jobs := await scene.claim(driver.worker_id):
        finished = await scene.finish(driver.worker_id, *((job, Succeeded(job.run_id)) for job in jobs))
        assert finished.late == frozenset()
    for run_id in runs:
        run = await scene.run(run_id)
        assert (run.state, run.output) == (RunState.SUCCEEDED, {"b": run_id, "c": run_id})
    assert await scene.sound()


async def test_a_running_run_keeps_the_version_it_started_with(scene: Scene) -> None:
    await scene.save(CHAIN)
    run_id = await scene.start("sample")
    await scene.save(document([node("other")]))
    driver = await Driver.of(scene)
    assert await driver.drain() == [{"a"}, {"b"}, {"c"}]
    assert (await scene.run(run_id)).version == 1


async def test_a_run_with_nothing_due_is_waiting_until_something_is(scene: Scene) -> None:
    await scene.save(document([node("a")]))
    run_id = await scene.start("sample")
    driver = await Driver.of(scene)
    await driver.step(a=Snoozed(scene.now + HOUR))
    waiting = await scene.run(run_id)
    assert waiting.state is RunState.WAITING
    assert await scene.states(run_id) == {"a": "SCHEDULED"}
    assert [r.id for r in (await list_runs(scene, RunState.WAITING))] == [run_id]
    assert await list_runs(scene, RunState.RUNNING) == ()
    scene.clock.move(HOUR)
    assert (await scene.run(run_id)).state is RunState.RUNNING
    assert [r.id for r in (await list_runs(scene, RunState.RUNNING))] == [run_id]
    assert await driver.drain() == [{"a"}]


async def list_runs(scene: Scene, state: RunState) -> tuple[RunRecord, ...]:
    return (await scene.store.list_runs(TENANT, None, state, scene.now, None, 10)).items


async def test_a_node_reads_what_came_before_it(scene: Scene) -> None:
    await scene.save(CHAIN)
    run_id = await scene.start("sample", {"n": 1})
    driver = await Driver.of(scene)
    await driver.step(a=Succeeded({"x": [1, None]}))
    (context, bare) = await scene.store.run_contexts([(run_id, frozenset({"a", "b", "nobody"})), (run_id, frozenset())])
    assert (context.run_id, context.workflow, context.version, context.input) == (run_id, "sample", 1, {"n": 1})
    assert context.outputs["a"] == {"x": [1, None]}
    assert (context.outputs.get("b"), context.errors.get("a"), context.outputs.get("nobody")) == (None, None, None)
    assert (bare.run_id, dict(bare.outputs)) == (run_id, {})


async def test_a_repeated_start_with_a_dedupe_key_is_one_run(scene: Scene) -> None:
    await scene.save(CHAIN)

    def dedupe(fingerprint: str = "f") -> Dedupe:
        return Dedupe(TENANT, "hook", "delivery-1", fingerprint, scene.now + HOUR)

    new = await scene.new_run("sample", {"n": 1}, dedupe=dedupe())
    other = await scene.new_run("sample", {"n": 2}, dedupe=dedupe("g"))
    repeat = await scene.new_run("sample", {"n": 1}, dedupe=dedupe())
    first, conflict, again = await scene.store.start_runs([new, other, repeat], scene.now)
    assert (first.id, first.duplicate, first.conflict) == (new.plan.view.id, False, False)
    assert (again.id, again.duplicate, again.conflict) == (first.id, True, False)
    assert (conflict.id, conflict.duplicate, conflict.conflict) == (first.id, False, True)
    assert await scene.store.start_runs([repeat], scene.now) == [again]
    assert len((await scene.store.list_runs(TENANT, None, None, scene.now, None, 10)).items) == 1
    scene.clock.move(2 * HOUR)
    later = await scene.new_run("sample", {"n": 3}, dedupe=dedupe("h"))
    assert (await scene.store.start_runs([later], scene.now))[0].id == later.plan.view.id


async def test_the_same_start_again_answers_as_the_first(scene: Scene) -> None:
    await scene.save(CHAIN)
    plain = await scene.new_run("sample")
    keyed = await scene.new_run("sample", dedupe=Dedupe(TENANT, "s", "k", "f", scene.now + HOUR))
    first = await scene.store.start_runs([plain, keyed], scene.now)
    assert await scene.store.start_runs([plain, keyed], scene.now) == first
    events = await scene.store.list_events(TENANT, None)
    assert [event.type for event in events].count("workflow.started") == 2
    assert await scene.sound()


async def test_runs_are_listed_newest_first_page_by_page(scene: Scene) -> None:
    await scene.save(CHAIN)
    await scene.save(document(name="other"))
    runs = [await scene.start("sample" if n % 2 else "other") for n in range(6)]
    seen: list[str] = []
    cursor = None
    while True:
        page = await scene.store.list_runs(TENANT, None, None, scene.now, cursor, 4)
        seen += [run.id for run in page.items]
        assert all(run.nodes is None for run in page.items)
        cursor = page.next
        if cursor is None:
            break
    assert seen == runs[::-1]
    workflow = await scene.store.get_workflow(TENANT, "sample")
    for wanted in ("sample", workflow.id):
        page = await scene.store.list_runs(TENANT, wanted, RunState.RUNNING, scene.now, None, 10)
        assert [run.id for run in page.items] == runs[::-1][::2]
    assert (await scene.store.list_runs(TENANT, "nobody", None, scene.now, None, 10)).items == ()
    assert (await scene.store.list_runs(TENANT, None, RunState.SUCCEEDED, scene.now, None, 10)).items == ()
    with pytest.raises(Invalid):
        await scene.store.list_runs(TENANT, None, None, scene.now, "nonsense", 10)


async def test_another_tenants_runs_are_not_found(scene: Scene) -> None:
    await scene.save(CHAIN)
    run_id = await scene.start("sample")
    for wanted in (run_id, "no-such", "01a3185c-5000-7000-8000-3557c1d3fcff"):
        with pytest.raises(NotFound):
            await scene.store.get_run("other", wanted, scene.now)
        with pytest.raises(NotFound):
            await scene.store.cancel_run("other", wanted, scene.now)
    assert (await scene.store.list_runs("other", None, None, scene.now, None, 10)).items == ()
    assert (await scene.run(run_id)).state is RunState.RUNNING


async def test_a_node_may_be_the_first_job_of_its_queue(scene: Scene) -> None:
    await scene.save(document([node("a"), node("b", queue="other")], [edge("a", "b")]))
    run = await scene.start("sample")
    worker = await scene.worker(queues=("default", "other"))
    for name in ("a", "b"):
        (job,) = await scene.claim(worker, queues=("default", "other"))
        assert job.node_id == name
        await scene.finish(worker, (job, OK))
    assert (await scene.run(run)).state is RunState.SUCCEEDED
    assert await scene.sound()
