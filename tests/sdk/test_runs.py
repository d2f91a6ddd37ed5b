"""Runs and definitions from Python against a real server: pauses, approvals, reruns, versions, posted events."""

import asyncio
from typing import Any

import pytest

import holdfast
from holdfast.sdk.failures import Conflict, Invalid, NotFound
from holdfast.sdk.handles import RunHandle
from holdfast.sdk.shapes import Run
from tests.support.waiting import eventually

ASKING = """
holdfast: 1
name: asking
nodes:
  - {id: ask, type: approval, params: {title: "Pay {{ input.amount }} EUR?"}}
  - {id: pay, type: noop}
edges: [{from: ask.approved, to: pay}]
output: "{{ nodes.ask.output }}"
"""
HALVES: dict[str, Any] = {
    "holdfast": 1,
    "name": "halves",
    "nodes": [
        {"id": "first", "type": "noop"},
        {
            "id": "each",
            "type": "map",
            "params": {
                "items": [1, 2, 0],
                "body": {"nodes": [{"id": "half", "type": "transform", "params": {"value": "{{ 2 / item }}"}}]},
            },
        },
    ],
    "edges": [{"from": "first", "to": "each"}],
}


async def asked(client: holdfast.Client) -> RunHandle:
    """A run that waits for its approval."""
    await client.workflows.apply(ASKING)
    run = await client.run("asking", {"amount": 9})
    await eventually(run.waits)
    return run


async def test_an_approval_is_given_by_the_only_node_that_waits(client: holdfast.Client) -> None:
    run = await asked(client)
    (wait,) = await run.waits()
    assert (wait["kind"], wait["node"], wait["title"]) == ("approval", "ask", "Pay 9 EUR?")
    await run.approve(comment="fine")
    assert await run.output(timeout=20) == {"approved": True, "by": "local", "comment": "fine"}
    with pytest.raises(ValueError, match="name the approval: none waits now"):
        await run.approve()
    with pytest.raises(Conflict):
        await run.reject("ask")


async def test_a_paused_run_keeps_what_is_signalled(client: holdfast.Client) -> None:
    run = await asked(client)
    assert (await run.pause()).state == "PAUSED"
    assert (await run.signal("ask", {"approved": False})).state == "PAUSED"
    await run.resume()
    assert (await run.wait(timeout=20)).nodes["pay"]["state"] == "SKIPPED"
    with pytest.raises(Conflict):
        await run.resume()


async def test_a_wrong_signal_names_the_field(client: holdfast.Client) -> None:
    run = await asked(client)
    with pytest.raises(Invalid) as caught:
        await run.signal("ask", {"approve": True})
    assert {error.path for error in caught.value.errors} == {"payload.approved", "payload.approve"}
    with pytest.raises(NotFound, match="it takes ask"):
        await run.signal("ask-me")
    with pytest.raises(Invalid, match="payload: can't become JSON"):
        await run.signal("ask", object())
    assert (await run.cancel(compensate=True)).state == "CANCELLED"


async def test_items_timeline_and_a_rerun_from_what_failed(client: holdfast.Client) -> None:
    await client.workflows.apply(HALVES)
    run = await client.run("halves")
    assert (await run.wait(timeout=20)).state == "FAILED"
    failed = [item async for item in client.items(run.id, "each", state="FAILED")]
    assert [(item.index, item.item) for item in failed] == [(2, 0)]
    timeline = await run.timeline()
    assert {(span["node"], span["kind"]) for span in timeline} >= {("first", "running"), ("each", "parked")}
    again = await run.rerun()
    ended = await again.wait(timeout=20)
    assert (ended.rerun_of, ended.state) == (run.id, "FAILED")
    assert "first" not in {span["node"] for span in await again.timeline()}
    job = (await run.run()).nodes["each"]["job_id"]
    retried = await client.retry_job(job)
    assert isinstance(retried, Run)
    assert retried.rerun_of == run.id


async def test_definitions_have_versions(client: holdfast.Client) -> None:
    first = await client.workflows.apply(HALVES, message="the first")
    second = await client.workflows.apply({**HALVES, "title": "Halves"})
    assert (first.version, second.version, second.title) == (1, 2, "Halves")
    versions = [version async for version in client.workflows.versions("halves")]
    told = [(each.version, each.author, each.message) for each in versions]
    assert told == [(2, "local", ""), (1, "local", "the first")]
    (change,) = await client.workflows.diff("halves", 1, 2)
    assert change == {"path": "title", "op": "added", "after": "Halves"}
    assert (await client.workflows.restore("halves", 1, message="better")).version == 3
    assert (await client.workflows.get("halves", version=2)).title == "Halves"
    assert (await client.workflows.disable("halves")).enabled is False
    with pytest.raises(Conflict, match="switched off"):
        await client.run("halves")
    assert (await client.workflows.enable("halves")).enabled is True
    assert [each.name async for each in client.workflows.list()] == ["halves"]
    await client.workflows.delete("halves")
    with pytest.raises(NotFound):
        await client.workflows.get("halves")


async def test_what_builds_a_definition_can_be_applied(client: holdfast.Client) -> None:
    class Builder:
        def to_dict(self) -> dict[str, Any]:
            return HALVES

    assert (await client.workflows.apply(Builder())).definition == HALVES
    assert (await client.workflows.apply(Builder())).version == 2


async def test_an_event_is_posted_once(client: holdfast.Client) -> None:
    first = await client.events.post("shop.paid", {"n": 1}, subject="s-1", event_id="e-1")
    second = await client.events.post("shop.paid", {"n": 1}, subject="s-1", event_id="e-1")
    assert (first.duplicate, second.duplicate, first.id) == (False, True, second.id)
    async with asyncio.timeout(20):
        async for event in client.events(event_type="shop.paid", after="0"):
            assert (event.subject, event.data) == ("s-1", {"n": 1})
            break
    assert (await client.events.post("shop.paid")).id != first.id
    with pytest.raises(Invalid, match="job"):
        await client.events.post("job.mine")


async def test_the_sync_face_does_the_same(url: str) -> None:
    def work() -> None:
        with holdfast.SyncClient(url) as client:
            assert client.workflows.apply(ASKING).version == 1
            run = client.run("asking", {"amount": 1})
            run.signal("ask", {"approved": True})
            assert run.output(timeout=20)["approved"] is True
            again = run.rerun(start="start")
            assert (again.pause().state, again.waits() is not None) == ("PAUSED", True)
            assert again.resume().state in ("RUNNING", "WAITING", "PENDING")
            again.cancel()
            assert client.rerun(again.id, start="ask").id != again.id
            assert [version.version for version in client.workflows.versions("asking")] == [1]
            assert client.events.post("shop.paid").type == "shop.paid"
            assert next(client.events(event_type="shop.paid", after="0")).data == {}
            assert {span["node"] for span in run.timeline()} == {"ask", "pay"}

    await asyncio.to_thread(work)
