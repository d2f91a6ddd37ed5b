"""Signals, approvals and callbacks over HTTP: what parks a run from outside, and what lets it go on."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import pytest

from tests.http.flows import RUNS, asking, definition, in_state, node_in_state, run_of, started, started_again, told
from tests.http.people import browsing, owner, person
from tests.http.serving import Api
from tests.support.waiting import eventually

CALLED: dict[str, Any] = definition(
    "called",
    {"id": "reply", "type": "wait.callback", "params": {"timeout": "1h"}},
    {"id": "end", "type": "transform", "params": {"value": "{{ nodes.reply.output }}"}},
    edges="reply>end",
    output="{{ nodes.end.output }}",
)
LISTENING: dict[str, Any] = definition(
    "listening",
    {"id": "paid", "type": "wait.event", "params": {"event": "order.paid", "name": "payment"}},
    output="{{ nodes.paid.output }}",
)


async def address_of(api: Api, run_id: str) -> str:
    """The callback's address, as a path of this server, at the port that this took."""
    await node_in_state(api, run_id, "reply", "WAITING")
    (wait,) = (await api.get(f"{RUNS}/{run_id}/waits")).json["items"]
    url: str = wait["url"]
    assert url.startswith(f"{api.base}/callbacks/")
    return url.removeprefix(api.base)


async def test_a_parked_node_tells_what_it_waits_for(each: Api) -> None:
    run_id = await started(each, asking(message="See order 17.", approvers=["local", "admin"], timeout="2h"))
    node = await node_in_state(each, run_id, "ask", "WAITING")
    waits = node["waits"]
    assert (waits["kind"], waits["name"], waits["title"], waits["message"], waits["approvers"]) == (
        "approval", "ask", "Pay 900 EUR?", "See order 17.", ["local", "admin"],
    )  # fmt: skip
    assert waits["until"] is not None
    listed = (await each.get(f"{RUNS}/{run_id}/waits")).json
    assert listed == {"items": [waits], "next": None}
    assert (await run_of(each, run_id))["state"] == "WAITING"


async def test_of_many_decisions_at_once_one_is_taken_and_the_others_are_told(each: Api) -> None:
    run_id = await started(each, asking())
    await node_in_state(each, run_id, "ask", "WAITING")
    decisions = [{"approved": number % 2 == 0} for number in range(10)]
    replies = await asyncio.gather(*(told(each, run_id, "signals/ask", decision) for decision in decisions))
    assert sorted(reply.status for reply in replies) == [200] + [409] * 9
    taken = next(decision for decision, reply in zip(decisions, replies, strict=True) if reply.status == 200)
    run = await in_state(each, run_id, "SUCCEEDED")
    assert run["output"]["approved"] is taken["approved"]


async def test_a_rejection_takes_its_port_with_the_comment(each: Api) -> None:
    run_id = await started(each, asking())
    reply = await told(each, run_id, "signals/ask", {"approved": False, "comment": "too much"})
    assert reply.status == 200
    run = await in_state(each, run_id, "SUCCEEDED")
    assert run["output"] == {"approved": False, "by": "local", "comment": "too much"}
    assert run["nodes"]["pay"]["state"] == "SKIPPED"
    assert "waits" not in run["nodes"]["ask"]
    assert (await told(each, run_id, "signals/ask", {"approved": True})).status == 409


@pytest.mark.parametrize(("body", "path"), [
    ({}, "payload.approved"), ({"approved": "yes"}, "payload.approved"), ([], "payload"),
    ({"approved": True, "coment": "x"}, "payload.coment"), ({"approved": True, "comment": 7}, "payload.comment"),
])  # fmt: skip
async def test_a_wrong_decision_is_422_and_decides_nothing(api: Api, body: Any, path: str) -> None:
    run_id = await started(api, asking())
    await node_in_state(api, run_id, "ask", "WAITING")
    reply = await told(api, run_id, "signals/ask", body)
    assert (reply.status, reply.paths) == (422, [path])
    assert (await run_of(api, run_id))["nodes"]["ask"]["state"] == "WAITING"


async def test_a_signal_that_nothing_takes_is_404_with_what_there_is(api: Api) -> None:
    run_id = await started(api, LISTENING)
    reply = await told(api, run_id, "signals/paymnt", {})
    assert reply.status == 404
    assert "payment" in reply.json["detail"]


async def test_only_approvers_decide(locked: Api) -> None:
    owner, boss, operator, viewer = [await locked.key(role) for role in ("owner", "viewer", "operator", "viewer")]
    # A key's name is its role in these tests: viewers may decide, operators who aren't named may not.
    await locked.post("/api/v1/workflows", asking(approvers=["nobody-else"]), headers=owner)
    run_id = (await locked.post("/api/v1/workflows/asking/runs", headers=owner)).json["id"]
    for key in (boss, operator, owner):
        assert (await told(locked, run_id, "signals/ask", {"approved": True}, headers=key)).status in (403, 409)
    await locked.post("/api/v1/workflows", asking("asked", approvers=["viewer"]), headers=owner)
    run_id = (await locked.post("/api/v1/workflows/asked/runs", headers=owner)).json["id"]

    async def decided() -> bool:
        return (await told(locked, run_id, "signals/ask", {"approved": True}, headers=viewer)).status == 200

    await eventually(decided)
    shown = (await locked.get(f"{RUNS}/{run_id}", headers=owner)).json
    assert shown["nodes"]["ask"]["output"] == {"approved": True, "by": "viewer", "comment": None}


@pytest.mark.parametrize("name", ["Bo", "owner", "bo@example.com"])
async def test_nobody_becomes_an_approver_by_a_name_of_their_choice(locked: Api, name: str) -> None:
    await owner(locked)
    await person(locked, "eve@example.com", "viewer")
    key = await locked.key("owner")
    await locked.post("/api/v1/workflows", asking(approvers=["Bo", "owner", "Bo@example.com"]), headers=key)
    run_id = (await locked.post("/api/v1/workflows/asking/runs", headers=key)).json["id"]

    async def parked() -> Any:
        return (await locked.get(f"{RUNS}/{run_id}/waits", headers=key)).json["items"]

    await eventually(parked)
    async with browsing(locked) as eve:
        await eve.sign_in("eve@example.com")
        assert (await eve.call("PATCH", "/api/v1/account", {"name": name})).status == 200
        assert (await eve.post(f"{RUNS}/{run_id}/signals/ask", {"approved": True})).status == 403
    if name != "Bo":  # a key may be named in an approval, but isn't a role or a person
        key = (await locked.post("/api/v1/keys", {"name": name, "role": "operator"}, headers=key)).json["key"]
        bearer = {"Authorization": f"Bearer {key}"}
        assert (await told(locked, run_id, "signals/ask", {"approved": True}, headers=bearer)).status == 403


async def test_a_person_approves_by_their_address(locked: Api) -> None:
    await owner(locked)
    await person(locked, "bo@example.com", "viewer", name="Eve")
    key = await locked.key("owner")
    await locked.post("/api/v1/workflows", asking(approvers=["Bo@example.com"]), headers=key)
    run_id = (await locked.post("/api/v1/workflows/asking/runs", headers=key)).json["id"]
    async with browsing(locked) as bo:
        await bo.sign_in("bo@example.com")

        async def decided() -> bool:
            return (await bo.post(f"{RUNS}/{run_id}/signals/ask", {"approved": True})).status == 200

        await eventually(decided)
    shown = (await locked.get(f"{RUNS}/{run_id}", headers=key)).json
    assert shown["nodes"]["ask"]["output"]["by"] == "bo@example.com"


async def test_a_callback_needs_no_key_and_ends_its_node(each: Api) -> None:
    run_id = await started(each, CALLED)
    path = await address_of(each, run_id)
    reply = await each.post(path, {"ok": [1, 2]}, headers={"Authorization": "Bearer of-somebody-else"})
    assert (reply.status, reply.json) == (200, {"run_id": run_id, "node": "reply"})
    assert (await in_state(each, run_id, "SUCCEEDED"))["output"] == {"ok": [1, 2]}
    late = await each.post(path, {})
    assert (late.status, late.json["title"]) == (409, "Conflict")


@pytest.mark.parametrize(("method", "query", "options", "output"), [
    ("GET", "?answer=yes&n=1&n=2", {}, {"answer": "yes", "n": ["1", "2"]}),
    ("GET", "", {}, {}),
    ("POST", "?answer=yes", {}, {"answer": "yes"}),
    ("POST", "?answer=yes", {"json": "no"}, "no"),
    ("POST", "", {"data": {"a": "b"}}, {"a": "b"}),
    ("POST", "", {"data": "plain", "headers": {"Content-Type": "text/plain"}}, "plain"),
])  # fmt: skip
async def test_a_callback_takes_any_body_or_its_query(
    api: Api, method: str, query: str, options: Any, output: Any
) -> None:
    run_id = await started(api, CALLED)
    path = await address_of(api, run_id)
    assert (await api.call(method, path + query, **options)).status == 200
    assert (await in_state(api, run_id, "SUCCEEDED"))["output"] == output


async def test_an_address_that_was_changed_finds_nothing(api: Api) -> None:
    run_id = await started(api, CALLED)
    path = await address_of(api, run_id)
    flipped = "A" if path[-9] != "A" else "B"
    for wrong in (path[:-9] + flipped + path[-8:], path + "A", path[:-1], "/callbacks/x", "/callbacks/%00"):
        assert (await api.post(wrong, {})).status == 404, wrong
    assert (await api.post(path, {"a": 1}, headers={"Content-Type": "application/json"})).status == 200


async def test_a_body_that_is_not_what_it_says_is_refused(api: Api) -> None:
    run_id = await started(api, CALLED)
    path = await address_of(api, run_id)
    broken = await api.call("POST", path, data=b"{", headers={"Content-Type": "application/json"})
    large = await api.call("POST", path, data=BytesIO(b"x" * (1024 * 1024 + 1)))
    assert (broken.status, large.status) == (400, 413)
    assert (await run_of(api, run_id))["nodes"]["reply"]["state"] == "WAITING"


async def test_a_viewer_does_not_see_the_address(locked: Api) -> None:
    owner, viewer = await locked.key("owner"), await locked.key("viewer")
    await locked.post("/api/v1/workflows", CALLED, headers=owner)
    run_id = (await locked.post("/api/v1/workflows/called/runs", headers=owner)).json["id"]

    async def waits(key: dict[str, str]) -> Any:
        return (await locked.get(f"{RUNS}/{run_id}/waits", headers=key)).json["items"]

    (shown,) = await eventually(lambda: waits(viewer))
    assert (shown["kind"], "url" in shown) == ("callback", False)
    assert "url" in (await waits(owner))[0]


async def test_a_posted_event_ends_the_wait_for_it(each: Api) -> None:
    run_id = await started(each, LISTENING)
    node = await node_in_state(each, run_id, "paid", "WAITING")
    assert (node["waits"]["event"], node["waits"]["name"]) == ("order.paid", "payment")
    posted = await each.post("/api/v1/events", {"type": "order.paid", "subject": "order-7", "data": {"amount": 9}})
    assert posted.status == 201
    output = (await in_state(each, run_id, "SUCCEEDED"))["output"]
    assert (output["type"], output["subject"], output["data"]) == ("order.paid", "order-7", {"amount": 9})
    again = await started_again(each, "listening")
    assert (await in_state(each, again, "SUCCEEDED"))["output"] == output  # it looks back


async def test_a_signal_by_name_ends_a_wait_for_an_event(api: Api) -> None:
    run_id = await started(api, LISTENING)
    assert (await told(api, run_id, "signals/payment", 17)).status == 200
    assert (await in_state(api, run_id, "SUCCEEDED"))["output"] == 17


async def test_what_shares_the_name_of_an_approval_is_decided_by_its_approvers(each: Api) -> None:
    listening = {"id": "told", "type": "wait.event", "params": {"event": "order.paid", "name": "ask"}}
    asked = {"id": "ask", "type": "approval", "params": {"approvers": ["cfo"]}}
    run_id = await started(each, definition("shared", listening, asked))
    for node in ("told", "ask"):
        await node_in_state(each, run_id, node, "WAITING")
    assert (await told(each, run_id, "signals/ask", {"n": 1})).status == 422
    assert (await told(each, run_id, "signals/ask", {"approved": True})).status == 403
    assert (await run_of(each, run_id))["state"] == "WAITING"


async def test_a_callback_that_shares_its_name_can_be_reached(each: Api) -> None:
    listening = {"id": "told", "type": "wait.event", "params": {"event": "order.paid", "name": "reply"}}
    run_id = await started(each, definition("shared", listening, {"id": "reply", "type": "wait.callback"}))
    await node_in_state(each, run_id, "reply", "WAITING")
    waits = (await each.get(f"{RUNS}/{run_id}/waits")).json["items"]
    (url,) = [wait["url"] for wait in waits if wait["kind"] == "callback"]
    assert (await each.post(url.removeprefix(each.base), {"n": 1})).status == 200


async def test_no_signal_has_a_name_that_none_may_have(each: Api) -> None:
    listening = {"id": "told", "type": "wait.event", "params": {"event": "order.paid", "name": "{{ input.name }}"}}
    run_id = await started(each, definition("named", listening), {"name": "paid"})
    await node_in_state(each, run_id, "told", "WAITING")
    for name in ("%00", "a%00b", "%F0%9F%98%80"):
        assert (await told(each, run_id, f"signals/{name}", {})).status == 404
