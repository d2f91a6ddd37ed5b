"""Workflows that start by events, in an instance for tests: a drain goes on until nothing more follows."""

import holdfast.testing
from holdfast.model.json import JSON
from holdfast.testing import Instance

END: JSON = {"id": "done", "type": "event", "event": "workflow.finished", "workflow": "first"}


def flow(name: str, trigger: JSON) -> dict[str, JSON]:
    """Its runs tell what started them as a job of their own."""
    nodes: JSON = [{"id": "told", "type": "transform", "params": {"value": "{{ trigger.event.data }}"}}]
    return {"holdfast": 1, "name": name, "triggers": [trigger], "nodes": nodes}


async def told(hf: Instance) -> list[JSON]:
    return [job.result for job in await hf.jobs("transform")]


async def test_an_event_starts_a_run_whose_end_starts_another() -> None:
    async with holdfast.testing.engine() as hf:
        await hf.apply(flow("first", {"id": "paid", "type": "event", "event": "order.paid"}))
        await hf.apply(flow("second", END))
        await hf.post_event("order.paid", {"order": 7})
        await hf.drain()
        assert await told(hf) == [{"order": 7}, {"workflow": "first", "state": "SUCCEEDED"}]


async def test_debounced_events_start_once_when_the_clock_has_moved() -> None:
    async with holdfast.testing.engine() as hf:
        await hf.apply(flow("first", {"id": "paid", "type": "event", "event": "order.*", "debounce": "1m"}))
        for order in range(3):
            await hf.post_event("order.paid", {"order": order})
        await hf.drain()
        assert await told(hf) == []
        hf.clock.move("2m")
        await hf.drain()
        assert await told(hf) == [{"order": 2}]
