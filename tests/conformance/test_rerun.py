"""A repeated run: linked to the one that it repeats, whose results it keeps where they stand."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from holdfast.model.json import JSON
from holdfast.model.outcome import Succeeded
from holdfast.model.rerun import kept_nodes
from holdfast.model.run import NodeState, NodeView, RunState
from holdfast.ports import NewRun
from tests.conformance.flow_scene import FlowDriver, FlowScene, flow_graph_of, flow_scene, spawns
from tests.conformance.scene import TENANT, failed
from tests.model.definitions import document, edge, node

CHAIN = document(
    [node("a"), node("b"), node("c", when="nodes.a.output.n == 1")],
    [edge("a", "b"), edge("b", "c")],
    output=["{{ nodes.a.output }}", "{{ nodes.b.output }}"],
)
MAPPED = document(
    [node("each", "map", params={"items": "{{ input.items }}", "body": {"nodes": [node("step")], "edges": []}})],
    output="{{ nodes.each.output }}",
)


@pytest.fixture
async def flow(store_url: str) -> AsyncIterator[FlowScene]:
    async with flow_scene(store_url) as scene:
        yield scene


async def repeat(flow: FlowScene, earlier: str, start: str = "failed", **options: object) -> NewRun:
    """The run as the engine would hand it over."""
    run = await flow.run(earlier)
    version = await flow.store.get_version(run.version_id)
    graph = flow_graph_of(version.id, version.definition)
    views = {name: NodeView(NodeState(one.state), frozenset(one.ports)) for name, one in (run.nodes or {}).items()}
    kept = sorted(kept_nodes(graph, graph, views, start))
    new = await flow.new_flow("sample", run.input, nodes={name: views[name] for name in kept})
    new = replace(new, rerun_of=earlier, kept=tuple(kept), keep_items=start == "failed")
    return replace(new, **options)  # type: ignore[arg-type]


async def begin(flow: FlowScene, new: NewRun) -> str:
    (accepted,) = await flow.store.start_runs([new], flow.now)
    return accepted.id


async def settle_items(flow: FlowScene, driver: FlowDriver, *bad: JSON) -> set[JSON]:
    """Runs the steps of all items that have begun; the items. Those in ``bad`` fail."""
    done: set[JSON] = set()
    while True:
        while (await flow.store.deliver(flow.now)).ended:
            pass
        jobs = [job for job in await driver.claim_all() if job.node_id == "step"]
        if not jobs:
            return done
        for job in jobs:
            (context,) = await flow.store.run_contexts([(job.run_id or "", frozenset())])
            item = (context.around or {})["item"]
            done.add(item)
            outcome = failed(final=True) if item in bad else Succeeded(item)
            await flow.finish(driver.worker_id, (job, outcome))


async def test_kept_nodes_have_their_results_and_the_others_run(flow: FlowScene) -> None:
    await flow.save(CHAIN)
    driver = await flow.driver()
    first = await flow.start("sample", {"x": 1})
    await driver.step(a=Succeeded({"n": 1}))
    await driver.step(b=failed(final=True))
    assert (await flow.run(first)).state is RunState.FAILED
    second = await begin(flow, await repeat(flow, first))
    run = await flow.run(second)
    assert (run.rerun_of, run.input, run.parent) == (first, {"x": 1}, None)
    assert run.nodes is not None
    earlier = (await flow.run(first)).nodes or {}
    kept = run.nodes["a"]
    assert (kept.state, kept.output, kept.ports, kept.finished_at) == (
        "SUCCEEDED",
        {"n": 1},
        ("out",),
        earlier["a"].finished_at,
    )
    assert run.nodes["b"].job_id not in (None, earlier["b"].job_id)
    assert await driver.drain(b=Succeeded(2)) == [{"b"}, {"c"}]
    run = await flow.run(second)
    assert (run.state, run.output) == (RunState.SUCCEEDED, [{"n": 1}, 2])
    assert (await flow.run(first)).state is RunState.FAILED


async def test_a_repeat_from_the_start_keeps_nothing(flow: FlowScene) -> None:
    await flow.save(CHAIN)
    driver = await flow.driver()
    first = await flow.start("sample")
    await driver.drain(a=Succeeded({"n": 0}))
    second = await begin(flow, await repeat(flow, first, "start"))
    assert await driver.drain(a=Succeeded({"n": 1})) == [{"a"}, {"b"}, {"c"}]
    assert (await flow.run(second)).rerun_of == first


async def test_a_repeat_from_a_node_runs_it_and_what_follows(flow: FlowScene) -> None:
    await flow.save(CHAIN)
    driver = await flow.driver()
    first = await flow.start("sample")
    await driver.drain(a=Succeeded({"n": 1}))
    second = await begin(flow, await repeat(flow, first, "b"))
    assert await driver.drain() == [{"b"}, {"c"}]
    assert (await flow.run(second)).state is RunState.SUCCEEDED


async def test_the_same_repeat_again_is_one_run(flow: FlowScene) -> None:
    await flow.save(CHAIN)
    driver = await flow.driver()
    first = await flow.start("sample")
    await driver.step(a=Succeeded({"n": 1}))
    await driver.step(b=failed(final=True))
    new = await repeat(flow, first)
    assert await begin(flow, new) == await begin(flow, new)
    assert await driver.drain() == [{"b"}, {"c"}]


async def test_a_repeat_that_waits_for_its_place_keeps_what_it_keeps(flow: FlowScene) -> None:
    await flow.save(CHAIN)
    driver = await flow.driver()
    first = await flow.start("sample")
    await driver.step(a=Succeeded({"n": 1}))
    await driver.step(b=failed(final=True))
    going = await flow.limited("sample", 1)
    new = await repeat(flow, first, limit=1)
    await flow.store.start_runs([going, new], flow.now)
    waiting = await flow.run(new.plan.view.id)
    assert (waiting.state, waiting.started_at) == (RunState.PENDING, None)
    assert await driver.step(a=failed(final=True)) == {"a"}
    done = await flow.store.admit_runs(flow.now)
    assert (done.ended, done.queues) == (1, frozenset({"default"}))
    assert await driver.drain() == [{"b"}, {"c"}]
    run = await flow.run(new.plan.view.id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, [{"n": 1}, "b"])


async def test_only_failed_items_of_a_map_run_again(flow: FlowScene) -> None:
    await flow.save(MAPPED)
    driver = await flow.driver()
    first = await flow.start("sample", {"items": [1, 2, 3, 4]})
    await driver.step(each=spawns(1, 2, 3, 4, concurrency=1))
    assert await settle_items(flow, driver, 3) == {1, 2, 3}
    assert (await flow.run(first)).state is RunState.FAILED
    second = await begin(flow, await repeat(flow, first))
    await driver.step(each=spawns(1, 2, 3, 5, concurrency=2))
    family = ((await flow.run(second)).nodes or {})["each"].family
    assert family is not None
    assert (family.total, family.new) == (4, 2)
    assert await settle_items(flow, driver) == {3, 5}
    run = await flow.run(second)
    assert (run.state, run.output) == (RunState.SUCCEEDED, [1, 2, 3, 5])
    third = await begin(flow, await repeat(flow, second, "start"))
    await driver.step(each=spawns(1, 2, concurrency=2))
    assert await settle_items(flow, driver) == {1, 2}
    assert (await flow.run(third)).output == [1, 2]


async def test_a_map_whose_items_were_all_kept_ends_at_once(flow: FlowScene) -> None:
    await flow.save(
        document(
            [*MAPPED["nodes"], node("after")],  # type: ignore[misc]
            [edge("each", "after")],
            output="{{ nodes.each.output }}",
        )
    )
    driver = await flow.driver()
    first = await flow.start("sample", {"items": [1, 2]})
    await driver.step(each=spawns(1, 2, 3, concurrency=1))
    await settle_items(flow, driver, 3)
    second = await begin(flow, await repeat(flow, first))
    await driver.step(each=spawns(1, 2, concurrency=2))
    while (await flow.store.deliver(flow.now)).ended:
        pass
    assert await driver.drain() == [{"after"}]
    assert (await flow.run(second)).output == [1, 2]
    assert (await flow.store.list_children(TENANT, second, "each", None, None, 10)).items[1].output == 2
