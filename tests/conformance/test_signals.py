"""Signals: what ends a wait, in its own transaction; kept when it comes first or the run is paused."""

from collections.abc import AsyncIterator

import pytest

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import HOUR
from holdfast.model.job import JobState
from holdfast.model.json import JSON
from holdfast.model.outcome import Succeeded
from holdfast.model.run import RunState
from holdfast.model.wait import Signal
from tests.conformance.flow_scene import FlowScene, flow_scene, waits
from tests.conformance.scene import TENANT
from tests.model.definitions import document, edge, node

ASKED = document(
    [node("ask", "approval"), node("yes"), node("no")],
    [edge("ask.approved", "yes"), edge("ask.rejected", "no")],
    output="{{ nodes.ask.output }}",
)
LATER = document([node("first"), node("ask", "wait.callback")], [edge("first", "ask")], output="{{ nodes.ask.output }}")


@pytest.fixture
async def flow(store_url: str) -> AsyncIterator[FlowScene]:
    async with flow_scene(store_url) as scene:
        yield scene


async def test_a_signal_ends_the_node_with_its_port_and_output(flow: FlowScene) -> None:
    await flow.save(ASKED)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(ask=waits("ask", kind="approval"))
    output: JSON = {"approved": False, "by": "ada", "comment": None}
    run, done = await flow.store.signal_run(TENANT, run_id, Signal("ask", "rejected", output, "ada"), flow.now)
    assert (run.id, done.queues) == (run_id, frozenset({"default"}))
    assert await driver.drain() == [{"no"}]
    run = await flow.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, output)
    assert run.nodes is not None
    ask = run.nodes["ask"]
    assert (ask.ports, ask.attempts, ask.started_at, ask.waits) == (("rejected",), 1, flow.now, None)
    job = await flow.get(ask.job_id or "")
    assert (job.state, job.result, job.attempt) == (JobState.SUCCEEDED, output, 1)
    assert [(c.before, c.after, c.reason, c.attempt) for c in job.changes][-2:] == [
        ("RUNNING", "WAITING", "suspended", 1),
        ("WAITING", "SUCCEEDED", "resumed", 1),
    ]


async def test_a_signal_that_comes_first_is_kept(flow: FlowScene) -> None:
    await flow.save(LATER)
    run_id = await flow.start("sample")
    await flow.signal(run_id, "ask", {"n": 1})
    await flow.signal(run_id, "ask", {"n": 2})
    driver = await flow.driver()
    await driver.step()
    assert await driver.step(ask=waits("ask")) == {"ask"}
    run = await flow.run(run_id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, {"n": 1})
    assert await flow.store.list_waits(TENANT, run_id) == []
    reasons = [change.reason for change in (await flow.get((run.nodes or {})["ask"].job_id or "")).changes]
    assert reasons[-2:] == ["suspended", "resumed"]
    assert len(await flow.events(run_id, "node.waiting")) == 1


async def test_kept_signals_act_on_their_own_names_only(flow: FlowScene) -> None:
    await flow.save(document([node("a"), node("b")]))
    run_id = await flow.start("sample")
    await flow.signal(run_id, "b", 1)
    driver = await flow.driver()
    await driver.step(a=waits("a"), b=waits("b"))
    assert await flow.states(run_id) == {"a": "WAITING", "b": "SUCCEEDED"}
    await flow.signal(run_id, "a", 2)
    assert (await flow.run(run_id)).state is RunState.SUCCEEDED


async def test_two_kept_signals_end_two_waits_of_one_name_in_order(flow: FlowScene) -> None:
    await flow.save(document([node("a"), node("b")], output=["{{ nodes.a.output }}", "{{ nodes.b.output }}"]))
    run_id = await flow.start("sample")
    for n in (1, 2):
        await flow.signal(run_id, "go", n)
    await (await flow.driver()).step(a=waits("go"), b=waits("go"))
    run = await flow.run(run_id)
    assert run.state is RunState.SUCCEEDED
    assert run.output in ([1, 2], [2, 1])


async def test_one_signal_ends_one_wait(flow: FlowScene) -> None:
    await flow.save(document([node("a"), node("b")]))
    run_id = await flow.start("sample")
    await (await flow.driver()).step(a=waits("go"), b=waits("go"))
    await flow.signal(run_id, "go")
    assert sorted((await flow.states(run_id)).values()) == ["SUCCEEDED", "WAITING"]
    await flow.signal(run_id, "go")
    assert (await flow.run(run_id)).state is RunState.SUCCEEDED


async def test_a_signal_for_one_job_does_nothing_once_that_wait_is_over(flow: FlowScene) -> None:
    await flow.save(document([node("a"), node("b")]))
    run_id = await flow.start("sample")
    await (await flow.driver()).step(a=waits("go"), b=waits("go"))
    first, second = [one.job_id for one in await flow.store.list_waits(TENANT, run_id)]
    signal = Signal("go", output="event", job_id=second)
    for _ in range(2):
        await flow.store.signal_run(TENANT, run_id, signal, flow.now)
    (left,) = await flow.store.list_waits(TENANT, run_id)
    assert left.job_id == first
    await flow.store.pause_run(TENANT, run_id, flow.now)
    for _ in range(2):
        await flow.store.signal_run(TENANT, run_id, Signal("go", output="event", job_id=first), flow.now)
    await flow.store.resume_run(TENANT, run_id, flow.now)
    assert (await flow.run(run_id)).state is RunState.SUCCEEDED


async def test_a_signal_to_a_run_that_has_ended_is_refused(flow: FlowScene) -> None:
    await flow.save(LATER)
    run_id = await flow.start("sample")
    await flow.store.cancel_run(TENANT, run_id, flow.now)
    with pytest.raises(Conflict):
        await flow.signal(run_id, "ask")
    for tenant, wanted in (("other", run_id), (TENANT, "nothing")):
        with pytest.raises(NotFound):
            await flow.store.signal_run(tenant, wanted, Signal("ask"), flow.now)


async def test_a_signal_before_the_time_wins_and_one_after_it_is_kept(flow: FlowScene) -> None:
    await flow.save(ASKED)
    run_id = await flow.start("sample")
    await (await flow.driver()).step(ask=waits("ask", flow.now + HOUR, "approval"))
    flow.clock.move(2 * HOUR)
    await flow.signal(run_id, "ask", {"approved": True}, port="approved")
    assert (await flow.store.expire_waits(flow.now)).ended == 0
    assert (await flow.states(run_id))["ask"] == "SUCCEEDED"


async def test_signals_from_two_processes_end_a_wait_once(flow: FlowScene, store_url: str) -> None:
    await flow.save(ASKED)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(ask=waits("ask", kind="approval"))
    await flow.signal(run_id, "ask", 1, port="approved")
    await flow.signal(run_id, "ask", 2, port="rejected")
    assert await driver.drain(yes=Succeeded()) == [{"yes"}]
    assert (await flow.run(run_id)).output == 1


async def test_a_second_signal_for_a_node_is_refused_whether_it_waits_or_not(flow: FlowScene) -> None:
    await flow.save(LATER)
    run_id = await flow.start("sample")
    signals = [Signal("ask", output=number, takers=("ask",)) for number in range(2)]
    await flow.store.signal_run(TENANT, run_id, signals[0], flow.now)
    with pytest.raises(Conflict, match="ask has a signal already"):
        await flow.store.signal_run(TENANT, run_id, signals[1], flow.now)
    driver = await flow.driver()
    await driver.step()
    await driver.step(ask=waits("ask"))
    assert (await flow.run(run_id)).output == 0


async def test_a_signal_for_a_node_that_has_ended_is_refused(flow: FlowScene) -> None:
    await flow.save(ASKED)
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(ask=waits("ask", kind="approval"))
    await flow.store.signal_run(TENANT, run_id, Signal("ask", "approved", takers=("ask",)), flow.now)
    with pytest.raises(Conflict, match="ask has ended"):
        await flow.store.signal_run(TENANT, run_id, Signal("ask", "rejected", takers=("ask",)), flow.now)
    assert await driver.drain() == [{"yes"}]


async def test_as_many_signals_are_kept_as_nodes_may_take(flow: FlowScene) -> None:
    await flow.save(document([node("a"), node("b")], output=["{{ nodes.a.output }}", "{{ nodes.b.output }}"]))
    run_id = await flow.start("sample")
    driver = await flow.driver()
    await driver.step(a=waits("go"), b=waits("go"))
    await flow.store.pause_run(TENANT, run_id, flow.now)
    for number in range(2):
        await flow.store.signal_run(TENANT, run_id, Signal("go", output=number, takers=("a", "b")), flow.now)
    with pytest.raises(Conflict, match="a, b has a signal already"):
        await flow.store.signal_run(TENANT, run_id, Signal("go", output=2, takers=("a", "b")), flow.now)
    await flow.store.resume_run(TENANT, run_id, flow.now)
    assert (await flow.run(run_id)).output in ([0, 1], [1, 0])
