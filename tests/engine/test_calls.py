"""Workflows that are called from within an attempt, on both stores: once for each key, with a trail back."""

import pytest

from holdfast.engine.calls import Calls
from holdfast.model.instant import MILLISECOND, SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.spawn import MAX_DEPTH
from holdfast.ports import CallFailed, NodeContext
from tests.engine.world import TENANT, World, world

DOUBLE: JSONObject = {
    "input": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
    "nodes": [{"id": "double", "type": "transform", "params": {"value": "{{ input.n * 2 }}"}}],
    "output": "{{ nodes.double.output }}",
}


def calls_of(w: World) -> Calls:
    return Calls(w.runs, w.store, w.graphs, w.clock)


def caller(w: World, key: str = "key-1", run_id: str | None = None) -> NodeContext:
    now = w.clock.now()
    return NodeContext("job", TENANT, "agent", 1, key, "correlation-1", now, now, run_id, "ask", "caller")


async def runs_of(w: World) -> list[tuple[JSON, str]]:
    page = await w.store.list_runs(TENANT, None, None, w.clock.now(), None, 100)
    return [(run.input, run.state) for run in page.items]


async def test_a_key_is_one_run_whoever_asks_again(store_url: str) -> None:
    async with world(url=store_url) as w:
        await w.save(**DOUBLE)
        w.work()
        calls = calls_of(w)
        assert await calls.input_schema(caller(w), "flow") == DOUBLE["input"]
        assert [await calls.call(caller(w), "flow", {"n": 4}, 30 * SECOND) for _ in range(2)] == [8, 8]
        assert await calls.call(caller(w, "key-2"), "flow", {"n": 4}, 30 * SECOND) == 8
        assert await runs_of(w) == [({"n": 4}, "SUCCEEDED")] * 2
        with pytest.raises(CallFailed, match="used for another call"):
            await calls.call(caller(w), "flow", {"n": 5}, 30 * SECOND)


async def test_a_run_says_who_called_it(store_url: str) -> None:
    async with world(url=store_url) as w:
        await w.save(**DOUBLE)
        w.work()
        first = await w.start({"n": 1})
        await calls_of(w).call(caller(w, run_id=first), "flow", {"n": 4}, 30 * SECOND)
        page = await w.store.list_runs(TENANT, None, None, w.clock.now(), None, 1)
        run = page.items[0]
        assert (run.trigger["type"], run.trigger["run"], run.trigger["node"]) == ("workflow", first, "ask")
        assert (run.correlation_id, run.parent) == ("correlation-1", None)


async def test_what_keeps_a_call_from_its_output_is_told(store_url: str) -> None:
    async with world(url=store_url) as w:
        await w.save(**DOUBLE)
        calls = calls_of(w)
        with pytest.raises(CallFailed, match="n"):
            await calls.call(caller(w), "flow", {"n": "four"}, SECOND)
        with pytest.raises(CallFailed):
            await calls.call(caller(w), "nobody", {}, SECOND)
        with pytest.raises(CallFailed):
            await calls.input_schema(caller(w), "nobody")
        with pytest.raises(CallFailed, match="didn't end in time; it goes on"):
            await calls.call(caller(w), "flow", {"n": 4}, 10 * MILLISECOND)
        await w.save(name="bad", nodes=[{"id": "no", "type": "fail", "params": {"message": "secret 123"}}])
        w.work()
        with pytest.raises(CallFailed, match="of bad ended FAILED") as failed:
            await calls.call(caller(w, "key-3"), "bad", {}, 30 * SECOND)
        assert "123" not in str(failed.value)
        assert await calls.call(caller(w), "flow", {"n": 4}, 30 * SECOND) == 8


async def test_calls_go_no_deeper_than_is_allowed(store_url: str) -> None:
    async with world(url=store_url) as w:
        await w.save(**DOUBLE)
        w.work()
        calls, run_id = calls_of(w), await w.start({"n": 0})
        for depth in range(1, MAX_DEPTH):
            await calls.call(caller(w, f"key-{depth}", run_id), "flow", {"n": depth}, 30 * SECOND)
            page = await w.store.list_runs(TENANT, None, None, w.clock.now(), None, 1)
            run_id = page.items[0].id
        with pytest.raises(CallFailed, match="more than 32 levels deep"):
            await calls.call(caller(w, "too-deep", run_id), "flow", {"n": 0}, 30 * SECOND)
        assert (
            await calls.call(caller(w, "gone", "019c0000-0000-7000-8000-000000000009"), "flow", {"n": 1}, SECOND * 30)
            == 2
        )
