"""Waiting on both stores: callbacks, approvals, events, times; early, late, paused, timed out, after a restart."""

import asyncio

import pytest

from holdfast.model.errors import Conflict, Forbidden, Invalid, NotFound
from holdfast.model.event import NewEvent
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.json import JSON, JSONObject
from tests.engine.world import TENANT
from tests.scenarios.flows import OPERATOR, edges, facts, flows, node, reaches, run_reaches, states

ASK: JSONObject = {
    "nodes": [
        node("ask", "approval", title="Refund?", timeout="2h"),
        node("yes", "transform", value="{{ nodes.ask.output }}"),
        node("no", "transform", value="{{ nodes.ask.output }}"),
        node("late", "transform", value="{{ 'late' }}"),
    ],
    "edges": edges("ask.approved > yes", "ask.rejected > no", "ask.timeout > late"),
    "output": "{{ [nodes.yes.output, nodes.no.output, nodes.late.output] }}",
}
CALL: JSONObject = {"nodes": [node("call", "wait.callback", timeout="2h")], "output": "{{ nodes.call.output }}"}


def event_flow(**params: JSON) -> JSONObject:
    return {"nodes": [node("paid", "wait.event", event="order.paid", **params)], "output": "{{ nodes.paid.output }}"}


# -- approvals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("approved", [True, False])
async def test_a_decision_takes_its_port(store_url: str, approved: bool) -> None:
    async with flows(store_url) as w:
        await w.save(**ASK)
        run_id = await w.start()
        await reaches(w, run_id, "ask", "WAITING")
        (wait,) = await w.runs.waits(TENANT, run_id)
        assert (wait.node_id, wait.wait.kind, wait.wait.details) == ("ask", "approval", {"title": "Refund?"})
        await w.runs.signal(TENANT, run_id, "ask", {"approved": approved, "comment": "c"}, by=OPERATOR)
        run = await w.run_ended(run_id)
        decision = {"approved": approved, "by": OPERATOR, "comment": "c"}
        assert run.output == ([decision, None, None] if approved else [None, decision, None])
        assert await w.runs.waits(TENANT, run_id) == []


async def test_an_approval_times_out_by_its_port(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**ASK)
        run_id = await w.start()
        await reaches(w, run_id, "ask", "WAITING")
        w.clock.move(2 * HOUR)
        assert (await w.run_ended(run_id)).output == [None, None, "late"]
        assert (await states(w, run_id))["ask"] == "SUCCEEDED"


async def test_a_timeout_without_an_edge_is_a_failure(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**CALL)
        run_id = await w.start()
        await reaches(w, run_id, "call", "WAITING")
        w.clock.move(2 * HOUR)
        run = await w.run_ended(run_id)
        assert isinstance(run.error, dict)
        assert (run.state, run.error["type"]) == ("FAILED", "timeout")


async def test_only_approvers_decide(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(nodes=[node("ask", "approval", approvers=["{{ input.who }}", "admin"])])
        run_id = await w.start({"who": "ada"})
        await reaches(w, run_id, "ask", "WAITING")
        with pytest.raises(Forbidden):
            await w.runs.signal(TENANT, run_id, "ask", {"approved": True}, by="bob", roles=["operator"])
        assert (await states(w, run_id))["ask"] == "WAITING"
        await w.runs.signal(TENANT, run_id, "ask", {"approved": True}, by="ada")
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"


async def test_a_decision_that_is_none_changes_nothing(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**ASK)
        run_id = await w.start()
        await reaches(w, run_id, "ask", "WAITING")
        with pytest.raises(Invalid):
            await w.runs.signal(TENANT, run_id, "ask", {"approved": "yes"}, by=OPERATOR)
        with pytest.raises(NotFound):
            await w.runs.signal(TENANT, run_id, "nobody", {}, by=OPERATOR)
        with pytest.raises(NotFound):
            await w.runs.signal("acme", run_id, "ask", {"approved": True}, by=OPERATOR)
        assert (await states(w, run_id))["ask"] == "WAITING"


# -- callbacks ---------------------------------------------------------------------------------------------------------


async def test_an_address_that_was_given_away_ends_its_wait_once(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[node("tell", "noop", url="{{ run.callbacks.call }}"), node("call", "wait.callback")],
            edges=edges("tell > call"),
            output="{{ nodes.call.output }}",
        )
        run_id = await w.start()
        await reaches(w, run_id, "call", "WAITING")
        told = (await w.run(run_id)).nodes or {}
        url = told["tell"].output
        assert isinstance(url, dict)
        callback = w.callbacks.read(str(url["url"]).rpartition("/")[2])
        await w.runs.call_back(callback, {"paid": True})
        run = await w.run_ended(run_id)
        assert (run.state, run.output) == ("SUCCEEDED", {"paid": True})
        with pytest.raises(Conflict):
            await w.runs.call_back(callback, {"paid": False})


async def test_a_signal_that_comes_first_is_kept(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[node("first", "wait.callback"), node("second", "wait.callback")],
            edges=edges("first > second"),
            output="{{ [nodes.first.output, nodes.second.output] }}",
        )
        run_id = await w.start()
        await reaches(w, run_id, "first", "WAITING")
        await w.runs.signal(TENANT, run_id, "second", 2, by=OPERATOR)
        with pytest.raises(Conflict, match="second has a signal already"):
            await w.runs.signal(TENANT, run_id, "second", 3, by=OPERATOR)
        await w.runs.signal(TENANT, run_id, "first", 1, by=OPERATOR)
        assert (await w.run_ended(run_id)).output == [1, 2]
        with pytest.raises(Conflict):
            await w.runs.signal(TENANT, run_id, "first", 1, by=OPERATOR)


async def test_a_wait_that_is_over_takes_no_signal(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[node("first", "wait.callback"), node("second", "wait.callback")], edges=edges("first > second")
        )
        run_id = await w.start()
        await reaches(w, run_id, "first", "WAITING")
        await w.runs.signal(TENANT, run_id, "first", 1, by=OPERATOR)
        await reaches(w, run_id, "second", "WAITING")
        with pytest.raises(Conflict, match="first is SUCCEEDED"):
            await w.runs.signal(TENANT, run_id, "first", 1, by=OPERATOR)
        await w.runs.cancel(TENANT, run_id)


async def test_many_runs_wait_without_a_worker_for_any_of_them(store_url: str) -> None:
    async with flows(store_url, concurrency=2) as w:
        await w.save(**CALL)
        runs = await asyncio.gather(*(w.start() for _ in range(30)))
        for run_id in runs:
            await run_reaches(w, run_id, "WAITING")
        job = await w.ended(await w.insert("noop"))
        assert job.state == "SUCCEEDED"
        for number, run_id in enumerate(runs):
            await w.runs.signal(TENANT, run_id, "call", number, by=OPERATOR)
            assert (await w.run_ended(run_id)).output == number


async def test_a_wait_survives_every_process(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**CALL)
        run_id = await w.start()
        await reaches(w, run_id, "call", "WAITING")
        before = await facts(w, run_id)
    async with flows(store_url) as again:
        assert (await states(again, run_id)) == {"call": "WAITING"}
        assert await facts(again, run_id) == before
        await again.runs.signal(TENANT, run_id, "call", "here", by=OPERATOR)
        assert (await again.run_ended(run_id)).output == "here"
        assert (await facts(again, run_id))[-2:] == ["node.completed:call", "workflow.finished"]


# -- events ------------------------------------------------------------------------------------------------------------


async def test_an_event_ends_what_waits_for_it(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**event_flow())
        run_id = await w.start()
        await reaches(w, run_id, "paid", "WAITING")
        await w.events.post(TENANT, "order.sent", {"order": 1})
        posted = await w.events.post(TENANT, "order.paid", {"order": 2}, subject="order-2")
        output = (await w.run_ended(run_id)).output
        assert isinstance(output, dict)
        assert (output["type"], output["data"], output["subject"]) == ("order.paid", {"order": 2}, "order-2")
        assert posted.type == "order.paid"


async def test_an_event_that_came_shortly_before_isnt_missed(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**event_flow(lookback="10m"))
        await w.events.post(TENANT, "order.paid", {"order": 1})
        w.clock.move(9 * MINUTE)
        output = (await w.run_ended(await w.start())).output
        assert isinstance(output, dict)
        assert output["data"] == {"order": 1}


async def test_an_event_from_before_the_look_back_is_none(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**event_flow(lookback="10m"))
        await w.events.post(TENANT, "order.paid", {"order": 1})
        w.clock.move(11 * MINUTE)
        run_id = await w.start()
        await reaches(w, run_id, "paid", "WAITING")
        await w.events.post(TENANT, "order.paid", {"order": 2})
        output = (await w.run_ended(run_id)).output
        assert isinstance(output, dict)
        assert output["data"] == {"order": 2}


async def test_a_condition_reads_the_event_and_the_run(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[
                node("number", "transform", value="{{ input.order }}"),
                node(
                    "paid",
                    "wait.event",
                    event="order.*",
                    condition="event.data.order == nodes.number.output && event.data.sum >= vars.least",
                ),
            ],
            edges=edges("number > paid"),
            vars={"least": 10},
            output="{{ nodes.paid.output.data }}",
        )
        seven, eight = await w.start({"order": 7}), await w.start({"order": 8})
        await reaches(w, seven, "paid", "WAITING")
        await reaches(w, eight, "paid", "WAITING")
        await w.events.post(TENANT, "order.paid", {"order": 7, "sum": 9})
        await w.events.post(TENANT, "order.paid", {"unlike": "the others"})
        await w.events.post(TENANT, "order.refunded", {"order": 8, "sum": 11})
        await w.events.post(TENANT, "order.paid", {"order": 7, "sum": 12})
        assert (await w.run_ended(seven)).output == {"order": 7, "sum": 12}
        assert (await w.run_ended(eight)).output == {"order": 8, "sum": 11}


async def test_one_event_ends_every_wait_that_it_fits(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**event_flow())
        runs = [await w.start() for _ in range(5)]
        for run_id in runs:
            await reaches(w, run_id, "paid", "WAITING")
        await w.events.post(TENANT, "order.paid")
        for run_id in runs:
            assert (await w.run_ended(run_id)).state == "SUCCEEDED"


async def test_an_event_of_another_tenant_ends_nothing(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**event_flow())
        run_id = await w.start()
        await reaches(w, run_id, "paid", "WAITING")
        await w.real.append_events([NewEvent("acme", "order.paid", w.clock.now(), {"order": 1})])
        await w.events.post(TENANT, "order.paid", {"order": 2})
        output = (await w.run_ended(run_id)).output
        assert isinstance(output, dict)
        assert output["data"] == {"order": 2}


async def test_a_signal_ends_a_wait_for_an_event_too(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**event_flow(name="money"))
        run_id = await w.start()
        await reaches(w, run_id, "paid", "WAITING")
        await w.runs.signal(TENANT, run_id, "money", {"by": "hand"}, by=OPERATOR)
        assert (await w.run_ended(run_id)).output == {"by": "hand"}


async def test_a_run_emits_what_another_waits_for(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(**event_flow(condition="event.data.order == input.order"))
        await w.workflows.create(
            TENANT,
            {
                "holdfast": 1,
                "name": "teller",
                "nodes": [node("tell", "event.emit", type="order.paid", data={"order": "{{ input.order }}"})],
            },
        )
        run_id = await w.start({"order": 5})
        await reaches(w, run_id, "paid", "WAITING")
        for order in (4, 5):
            await w.run_ended(await w.start({"order": order}, "teller"))
        output = (await w.run_ended(run_id)).output
        assert isinstance(output, dict)
        assert output["data"] == {"order": 5}


async def test_two_followers_end_a_wait_once(store_url: str) -> None:
    """The second one's find must not end the next wait of that name."""
    async with flows(store_url) as w:
        w.go()
        await w.save(
            nodes=[
                node("first", "wait.event", event="order.paid", name="money"),
                node("second", "wait.event", event="order.sent", name="money"),
            ],
            edges=edges("first > second"),
            output="{{ nodes.second.output.type }}",
        )
        runs = [await w.start() for _ in range(10)]
        for run_id in runs:
            await reaches(w, run_id, "first", "WAITING")
        await w.events.post(TENANT, "order.paid")
        for run_id in runs:
            await reaches(w, run_id, "second", "WAITING")
        await w.events.post(TENANT, "order.sent")
        for run_id in runs:
            assert (await w.run_ended(run_id)).output == "order.sent"


# -- times -------------------------------------------------------------------------------------------------------------


async def test_delay_and_wait_until_hold_no_worker(store_url: str) -> None:
    async with flows(store_url, concurrency=1) as w:
        await w.save(
            nodes=[
                node("pause", "delay", **{"for": "1h"}),
                node("until", "wait.until", at="{{ now + duration('2h') }}"),
            ]
        )
        run_id = await w.start()
        await reaches(w, run_id, "pause", "SCHEDULED")
        await reaches(w, run_id, "until", "SCHEDULED")
        assert (await w.ended(await w.insert("noop"))).state == "SUCCEEDED"
        w.clock.move(HOUR)
        await reaches(w, run_id, "pause", "SUCCEEDED")
        assert (await states(w, run_id))["until"] == "SCHEDULED"
        w.clock.move(HOUR)
        assert (await w.run_ended(run_id)).state == "SUCCEEDED"


# -- the run's own end -------------------------------------------------------------------------------------------------


async def test_a_runs_timeout_ends_what_it_waits_for(store_url: str) -> None:
    async with flows(store_url) as w:
        w.go(w.rescuer)
        await w.save(**CALL, settings={"timeout": "20s"})  # within the worker's lease
        run_id = await w.start()
        await reaches(w, run_id, "call", "WAITING")
        w.clock.move(20 * SECOND)
        run = await w.run_ended(run_id)
        assert isinstance(run.error, dict)
        assert (run.state, run.error["type"]) == ("FAILED", "timeout")
        assert await states(w, run_id) == {"call": "CANCELLED"}


async def test_a_failure_elsewhere_ends_what_waits(store_url: str) -> None:
    async with flows(store_url) as w:
        await w.save(
            nodes=[node("call", "wait.callback"), node("soon", "wait.callback"), node("bad", "fail", message="no")],
            edges=edges("soon > bad"),
        )
        run_id = await w.start()
        await reaches(w, run_id, "call", "WAITING")
        await w.runs.signal(TENANT, run_id, "soon", None, by=OPERATOR)
        run = await w.run_ended(run_id)
        assert run.state == "FAILED"
        assert (await states(w, run_id))["call"] == "CANCELLED"
        assert await w.runs.waits(TENANT, run_id) == []


async def test_posted_events_are_checked_and_deduplicated() -> None:
    async with flows("memory:") as w:
        first = await w.events.post(TENANT, "order.paid", {"n": 1}, event_id="e1")
        again = await w.events.post(TENANT, "order.paid", {"n": 1}, event_id="e1")
        assert (first.duplicate, again.duplicate, again.id) == (False, True, first.id)
        with pytest.raises(Conflict):
            await w.events.post(TENANT, "order.paid", {"n": 2}, event_id="e1")
        events = await w.real.list_events(TENANT, None, event_type="order.paid")
        assert [(event.cursor, event.data) for event in events] == [(first.id, {"n": 1})]
        for kind in ("job.done", "node.x", "workflow.finished", "worker.x", "queue.x", "trigger.x", "", "a b", "-x"):
            with pytest.raises(Invalid) as caught:
                await w.events.post(TENANT, kind, {})
            assert [problem.path for problem in caught.value.problems] == ["type"]
        with pytest.raises(Invalid) as caught:
            await w.events.post(TENANT, "order.paid", ["no", "object"], subject="s" * 501)
        assert [problem.path for problem in caught.value.problems] == ["data", "subject"]


async def test_a_lone_job_cant_wait_or_have_children(store_url: str) -> None:
    async with flows(store_url) as w:
        a_map: JSONObject = {"items": [1], "workflow": "flow"}
        for job_id in (await w.insert("wait.callback", {}), await w.insert("map", a_map)):
            job = await w.ended(job_id)
            assert isinstance(job.error, dict)
            assert (job.state, job.error["type"]) == ("FAILED", "unsupported")
