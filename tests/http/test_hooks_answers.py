"""What the caller of a webhook gets: at once, the run's result, or what a node of it says; on each store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.http.hooking import hook, runs, trigger_of
from tests.http.serving import Api, serving, workflow
from tests.support.waiting import eventually

WAITS = [{"id": "later", "type": "wait.callback"}]
FAILS = [{"id": "no", "type": "fail", "params": {"message": "the inside of it"}}]


def said(**params: Any) -> dict[str, Any]:
    """A run that answers first and then goes on."""
    nodes = [{"id": "say", "type": "webhook.respond", "params": params}, {"id": "later", "type": "wait.callback"}]
    return {"nodes": nodes, "edges": [{"from": "say", "to": "later"}], "output": None}


def answering(respond: str, **more: Any) -> dict[str, Any]:
    return {"respond": respond, **more}


async def test_the_result_of_a_run_is_the_answer(each: Api) -> None:
    path = await hook(each, trigger=answering("result"), output={"n": "{{ input.n }}"})
    reply = await each.post(path, {"n": 5})
    assert (reply.status, reply.json) == (200, {"n": 5})
    assert reply.headers["Content-Type"] == "application/json"


async def test_a_repeat_gets_the_same_result(api: Api) -> None:
    path = await hook(api, trigger=answering("result"), output={"run": "{{ run.id }}"})
    first = await api.post(path, {}, headers={"webhook-id": "d"})
    again = await api.post(path, {}, headers={"webhook-id": "d"})
    assert (first.status, again.status) == (200, 200)
    assert first.json == again.json
    assert len(await runs(api)) == 1


async def test_a_run_that_fails_tells_its_caller_nothing_but_its_id(each: Api) -> None:
    path = await hook(each, trigger=answering("result"), nodes=FAILS, edges=[], output=None)
    reply = await each.post(path, {})
    assert (reply.status, reply.headers["Content-Type"]) == (500, "application/problem+json")
    assert "the inside of it" not in reply.text
    run = (await each.get(f"/api/v1/runs/{reply.json['run_id']}")).json
    assert run["state"] == "FAILED"


@pytest.mark.parametrize("respond", ["result", "node"])
async def test_what_takes_longer_than_the_wait_goes_on(api: Api, respond: str) -> None:
    nodes = [*WAITS, {"id": "say", "type": "webhook.respond"}]
    edges = [{"from": "later", "to": "say"}]
    path = await hook(api, trigger=answering(respond, wait="300ms"), nodes=nodes, edges=edges, output=None)
    first = await api.post(path, {}, headers={"webhook-id": "d"})
    again = await api.post(path, {}, headers={"webhook-id": "d"})
    assert (first.status, again.status) == (202, 200)
    assert first.json == again.json
    assert set(first.json) == {"run_id"}
    assert (await api.get(f"/api/v1/runs/{first.json['run_id']}")).json["state"] == "WAITING"


async def test_a_node_answers_while_its_run_goes_on(each: Api) -> None:
    answer = {"status": 201, "headers": {"X-Order": "{{ input.order }}"}, "json": {"got": "{{ input.order }}"}}
    path = await hook(each, trigger=answering("node"), **said(**answer))
    reply = await each.post(path, {"order": "7"})
    assert (reply.status, reply.json, reply.headers["X-Order"]) == (201, {"got": "7"}, "7")
    assert (await runs(each))[0]["finished_at"] is None
    again = await each.post(path, {"order": "7"}, headers={"webhook-id": "d"})
    assert (await each.post(path, {"order": "7"}, headers={"webhook-id": "d"})).text == again.text


async def test_an_answer_of_a_node_is_kept_apart_from_the_server(api: Api) -> None:
    page = {"headers": {"Content-Type": "text/html"}, "body": "<script>alert(1)</script>"}
    path = await hook(api, trigger=answering("node"), **said(**page))
    reply = await api.post(path, {})
    assert (reply.status, reply.text) == (200, "<script>alert(1)</script>")
    assert reply.headers["Content-Type"] == "text/html"
    assert reply.headers.getall("Content-Security-Policy") == ["sandbox"]
    assert reply.headers.getall("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize("name", ["Set-Cookie", "Content-Length", "Transfer-Encoding", "Access-Control-Allow-Origin"])
async def test_headers_that_could_harm_are_refused_at_the_save(api: Api, name: str) -> None:
    document = workflow(triggers=[{"id": "h", "type": "webhook"}], **said(headers={name: "1"}))
    reply = await api.post("/api/v1/workflows", document)
    assert reply.status == 422
    assert "not a header that an answer may set" in reply.text


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_a_body(api: Api, status: int) -> None:
    path = await hook(api, trigger=answering("node"), **said(status=status))
    reply = await api.post(path, {})
    assert (reply.status, reply.text) == (status, "")


async def test_the_first_of_several_nodes_answers(api: Api) -> None:
    nodes = [
        {"id": "one", "type": "webhook.respond", "params": {"body": "first"}},
        {"id": "two", "type": "webhook.respond", "params": {"body": "second"}},
    ]
    path = await hook(
        api, trigger=answering("node"), nodes=nodes, edges=[{"from": "one", "to": "two"}], output="{{ 1 }}"
    )
    assert {(await api.post(path, {})).text for _ in range(5)} == {"first"}


async def test_a_run_that_ends_without_its_node_answers_with_its_result(api: Api) -> None:
    nodes = [{"id": "gate", "type": "if", "params": {"condition": "input.say"}}, *said(body="hi")["nodes"][:1]]
    edges = [{"from": "gate.true", "to": "say"}]
    path = await hook(api, trigger=answering("node"), nodes=nodes, edges=edges, output={"said": "{{ input.say }}"})
    assert (await api.post(path, {"say": True})).text == "hi"
    reply = await api.post(path, {"say": False})
    assert (reply.status, reply.json) == (200, {"said": False})


async def test_a_failed_run_with_a_node_is_a_failure(api: Api) -> None:
    nodes = [*FAILS, {"id": "say", "type": "webhook.respond"}]
    path = await hook(api, trigger=answering("node"), nodes=nodes, edges=[{"from": "no", "to": "say"}], output=None)
    reply = await api.post(path, {})
    assert (reply.status, reply.json["run_id"]) == (500, (await runs(api))[0]["id"])


async def test_the_answer_comes_from_a_worker_in_another_process_too(tmp_path: Path, logs: Any) -> None:
    """Nothing carries news between the two here: the caller finds its answer by looking."""
    url = f"sqlite:///{tmp_path}/two.db"
    async with serving(url=url, role="server") as server, serving(url=url, role="worker"):
        path = await hook(server, trigger=answering("node"), **said(body="from afar"))
        assert (await server.post(path, {})).text == "from afar"


async def test_a_stopping_server_leaves_no_caller_waiting(tmp_path: Path, logs: Any) -> None:
    async with serving(url=f"sqlite:///{tmp_path}/stop.db") as api:
        path = await hook(api, trigger=answering("result", wait="5m"), nodes=WAITS, edges=[], output=None)
        calling = asyncio.create_task(api.post(path, {}))
        await eventually(lambda: runs(api))
        api.app.close_streams()
        reply = await calling
        assert (reply.status, set(reply.json)) == (202, {"run_id"})


async def test_a_caller_that_goes_away_stops_nothing(api: Api) -> None:
    path = await hook(api, trigger=answering("result", wait="5m"), nodes=WAITS, edges=[], output=None)
    calling = asyncio.create_task(api.post(path, {}))
    (run,) = await eventually(lambda: runs(api))
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    assert (await trigger_of(api, run["id"]))["type"] == "webhook"
    assert (await api.post(f"/api/v1/runs/{run['id']}/cancel")).status == 200
