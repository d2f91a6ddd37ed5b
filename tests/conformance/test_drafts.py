"""Runs of drafts: a definition that is kept with its runs, no version among versions, and gone when they are."""

from collections.abc import Mapping

import pytest

from holdfast.model.advance import advance
from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY
from holdfast.model.json import JSON
from holdfast.model.outcome import Succeeded
from holdfast.model.pins import beforehand, pinned, told_test, with_given
from holdfast.model.records import RunRecord
from holdfast.model.run import DRAFT, Plan, RunStarted, RunState, RunView
from holdfast.ports import NewRun
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene, graph_of, new_id
from tests.model.definitions import document, edge, node

SAVED = document([node("a")])
DRAFTED = document(
    [node("a"), node("b"), node("c")],
    [edge("a", "b"), edge("b", "c")],
    output=["{{ nodes.a.output }}", "{{ nodes.b.output }}"],
)


async def draft_of(
    scene: Scene, pins: Mapping[str, JSON], alone: str | None = None, *, known: str | None = None
) -> NewRun:
    """A test run as the engine would hand it over; ``known``: the id of a draft that is there."""
    record = await scene.store.get_workflow(TENANT, "sample")
    version_id = known or new_id(scene.now)
    graph = graph_of(version_id, DRAFTED)
    view = RunView(
        id=new_id(scene.now),
        tenant=TENANT,
        workflow=record.name,
        version=DRAFT,
        version_id=version_id,
        state=RunState.PENDING,
        input=None,
        trigger={"type": "manual", "test": told_test(pins, alone)},
        correlation_id="correlated",
        created_at=scene.now,
    )
    decided = beforehand(graph, {name: pinned(graph.nodes[name], output) for name, output in pins.items()}, alone)
    plan = advance(with_given(view, decided), RunStarted(alone), graph, scene.now)
    assert isinstance(plan, Plan)
    jobs = tuple(graph.job_of(plan.view, start.node_id, scene.now, lambda: new_id(scene.now)) for start in plan.starts)
    plan = plan._replace(decisions=(*decided.values(), *plan.decisions))
    return NewRun(plan, jobs, record.id, draft=DRAFTED)


async def begin(scene: Scene, new: NewRun) -> RunRecord:
    (accepted,) = await scene.store.start_runs([new], scene.now)
    return await scene.run(accepted.id)


async def prune_all(scene: Scene) -> None:
    while await scene.store.prune(scene.now, DAY, 10):
        pass


async def test_a_draft_is_known_by_its_id_and_is_no_version(scene: Scene) -> None:
    await scene.save(SAVED)
    run = await begin(scene, await draft_of(scene, {}))
    assert (run.version, run.test) == (DRAFT, True)
    draft = await scene.store.get_version(run.version_id)
    assert (draft.definition, draft.version, draft.author) == (DRAFTED, DRAFT, None)
    assert await scene.store.get_versions([run.version_id]) == [draft]
    versions = (await scene.store.list_versions(TENANT, "sample", None, 10)).items
    assert [version.version for version in versions] == [1]
    with pytest.raises(NotFound):
        await scene.store.get_workflow(TENANT, "sample", DRAFT)
    assert (await scene.store.get_workflow(TENANT, "sample")).definition == SAVED
    assert await (await Driver.of(scene)).drain() == [{"a"}, {"b"}, {"c"}]
    assert (await scene.run(run.id)).output == ["a", "b"]
    assert await scene.sound()


async def test_pinned_nodes_are_there_before_the_first_step(scene: Scene) -> None:
    await scene.save(SAVED)
    run = await begin(scene, await draft_of(scene, {"a": {"n": 1}}))
    assert run.nodes is not None
    shown = run.nodes["a"]
    assert (shown.state, shown.output, shown.job_id, shown.attempts, shown.ports) == (
        "SUCCEEDED", {"n": 1}, None, 0, ("out",),
    )  # fmt: skip
    driver = await Driver.of(scene)
    jobs = await driver.claim()
    assert set(jobs) == {"b"}
    (context,) = await scene.store.run_contexts([(run.id, frozenset({"a"}))])
    assert context.outputs == {"a": {"n": 1}}
    await driver.settle(jobs, b=Succeeded(2))
    assert await driver.drain() == [{"c"}]
    assert (await scene.run(run.id)).output == [{"n": 1}, 2]
    assert await scene.sound()


async def test_one_node_alone_ends_the_run_with_its_output(scene: Scene) -> None:
    await scene.save(SAVED)
    run = await begin(scene, await draft_of(scene, {"a": 1}, "b"))
    assert {name: one.state for name, one in (run.nodes or {}).items()} == {
        "a": "SUCCEEDED", "b": "PENDING", "c": "SKIPPED",
    }  # fmt: skip
    assert await (await Driver.of(scene)).drain(b=Succeeded("alone")) == [{"b"}]
    ended = await scene.run(run.id)
    assert (ended.state, ended.output) == (RunState.SUCCEEDED, "alone")
    assert await scene.sound()


async def test_lists_hold_tests_or_leave_them_out(scene: Scene) -> None:
    await scene.save(SAVED)
    real = await scene.start("sample")
    test = (await begin(scene, await draft_of(scene, {}))).id

    async def listed(test: bool | None) -> list[str]:
        page = await scene.store.list_runs(TENANT, "sample", None, scene.now, None, 10, test=test)
        return [run.id for run in page.items]

    assert [await listed(which) for which in (None, True, False)] == [[test, real], [test], [real]]


async def test_a_draft_goes_with_the_last_run_that_has_it(scene: Scene) -> None:
    await scene.save(SAVED)
    driver = await Driver.of(scene)
    first = await begin(scene, await draft_of(scene, {}))
    await driver.drain()
    scene.clock.move(DAY)
    driver = await Driver.of(scene)
    again = await begin(scene, await draft_of(scene, {}, known=first.version_id))
    scene.clock.move(DAY // 2)
    await prune_all(scene)
    with pytest.raises(NotFound):
        await scene.run(first.id)
    assert (await scene.store.get_version(again.version_id)).definition == DRAFTED
    scene.clock.move(2 * DAY)
    await prune_all(scene)
    assert (await scene.store.get_version(again.version_id)).definition == DRAFTED  # its run goes on
    driver = await Driver.of(scene)
    await driver.drain()
    scene.clock.move(2 * DAY)
    await prune_all(scene)
    with pytest.raises(NotFound):
        await scene.store.get_version(again.version_id)
    assert len((await scene.store.list_versions(TENANT, "sample", None, 10)).items) == 1
    assert await scene.sound()


async def test_a_draft_whose_start_is_repeated_is_kept_once(scene: Scene) -> None:
    """As when the answer to the first try was lost."""
    await scene.save(SAVED)
    new = await draft_of(scene, {})
    first, second = await begin(scene, new), await begin(scene, new)
    assert first.id == second.id
    assert await (await Driver.of(scene)).drain() == [{"a"}, {"b"}, {"c"}]
    assert await scene.sound()


async def test_tests_count_for_no_limit(scene: Scene) -> None:
    await scene.save(SAVED)
    await begin(scene, await draft_of(scene, {}))
    real = await scene.new_run("sample", limit=1, when_full="reject")
    assert not (await scene.store.start_runs([real], scene.now))[0].refused
    another = await scene.new_run("sample", limit=1, when_full="reject")
    assert (await scene.store.start_runs([another], scene.now))[0].refused
    test = await begin(scene, await draft_of(scene, {}))
    newer = await scene.new_run("sample", limit=1, when_full="replace")
    await scene.store.start_runs([newer], scene.now)
    while (await scene.store.deliver(scene.now)).ended:
        pass
    await scene.store.admit_runs(scene.now)
    states = [(await scene.run(one)).state for one in (real.plan.view.id, test.id, newer.plan.view.id)]
    assert states == [RunState.CANCELLED, RunState.RUNNING, RunState.RUNNING]
    assert await scene.sound()
