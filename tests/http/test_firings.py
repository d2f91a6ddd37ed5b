"""Firings over HTTP: what became of deliveries, events and times; filters; and a delivery that is replayed."""

from __future__ import annotations

import pytest

from tests.http.serving import Api, workflow
from tests.http.triggering import FIRINGS, RULES, fired, rule, saved

MISSING = "01990000-0000-7000-8000-000000000000"
NOBODY = {"type": "object", "required": ["email"]}


async def delivered(api: Api, url: str, body: object = None, **headers: str) -> str:
    """The run that a delivery started."""
    reply = await api.post(url.removeprefix(api.base), {} if body is None else body, headers=headers)
    assert reply.status == 202, reply.text
    return str(reply.json["run_id"])


async def test_every_delivery_is_kept_and_shown(each: Api) -> None:
    created = await each.create(workflow())
    address = created["triggers"][0]["url"]
    run = await delivered(each, address, {"n": 1}, **{"Idempotency-Key": "first"})
    await delivered(each, address, {"n": 2})
    page = (await each.get(f"{FIRINGS}?limit=1")).json
    more = (await each.get(f"{FIRINGS}?limit=1&cursor={page['next']}")).json
    (older,) = more["items"]
    assert (older["owner"], older["trigger"], older["type"]) == (
        {"kind": "workflow", "id": created["id"], "name": "greet"}, "hook", "webhook",
    )  # fmt: skip
    assert (older["verdict"], older["run"], older["jobs"], older["reason"]) == ("started", run, [], "")
    assert "given" not in older
    alone = (await each.get(f"{FIRINGS}/{older['id']}")).json
    assert (alone["given"]["body"], alone["given"]["method"]) == ({"n": 1}, "POST")


async def test_filters_find_what_is_asked_for(each: Api) -> None:
    made = {name: await each.create(workflow(name)) for name in ("one", "two")}
    for created in made.values():
        await delivered(each, created["triggers"][0]["url"])
    await saved(each, rule())
    await each.post(f"{RULES}/big-orders/fire")

    async def owners(query: str) -> list[str]:
        return [item["owner"]["name"] for item in (await each.get(f"{FIRINGS}{query}")).json["items"]]

    assert await owners("") == ["big-orders", "two", "one"]
    assert await owners("?workflow=one") == ["one"]
    assert await owners(f"?workflow={made['two']['id']}") == ["two"]
    assert await owners("?rule=big-orders") == ["big-orders"]
    assert await owners("?trigger=hook&verdict=started") == ["two", "one"]
    assert await owners(f"?backfill={MISSING}") == []
    assert (await each.get(f"{FIRINGS}?workflow=three")).status == 404


@pytest.mark.parametrize(("query", "path"), [
    ("?verdict=maybe", "verdict"), ("?verdict=duplicate", "verdict"),
    ("?backfill=x", "backfill"), ("?workflow=a&rule=b", ""), ("?limit=0", "limit"),
    ("?workflw=a", "workflw"),
])  # fmt: skip
async def test_a_wrong_filter_is_422(api: Api, query: str, path: str) -> None:
    reply = await api.get(f"{FIRINGS}{query}")
    assert (reply.status, reply.paths) == (422, [path])


async def test_a_delivery_is_replayed_once_for_a_key(each: Api) -> None:
    address = (await each.create(workflow()))["triggers"][0]["url"]
    first = await delivered(each, address, {"n": 1}, **{"Idempotency-Key": "first"})
    (firing,) = await fired(each, "workflow=greet")
    headers = {"Idempotency-Key": "again"}
    replayed, repeated = [await each.post(f"{FIRINGS}/{firing['id']}/replay", headers=headers) for _ in range(2)]
    assert (replayed.status, repeated.status) == (201, 201), replayed.text
    assert replayed.json["id"] == repeated.json["id"] != firing["id"]
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert replayed.json["run"] not in (None, first)
    assert replayed.json["given"]["replay_of"] == firing["id"]
    assert replayed.json["given"]["body"] == {"n": 1}
    assert len(await fired(each, "workflow=greet", 2)) == 2
    fresh = await each.post(f"{FIRINGS}/{firing['id']}/replay")
    assert fresh.json["id"] not in (firing["id"], replayed.json["id"])


async def test_a_rules_delivery_is_replayed_too(each: Api) -> None:
    hooked = rule("hooked", trigger={"type": "webhook"}, conditions=["trigger.body.n > 1"], jobs=[{"kind": "noop"}])
    address = (await saved(each, hooked))["trigger"]["url"].removeprefix(each.base)
    for n in (1, 2):
        assert (await each.post(address, {"n": n})).status == 202
    met, not_met = await fired(each, "rule=hooked", 2)
    assert (met["verdict"], not_met["verdict"]) == ("started", "not_met")
    replayed = await each.post(f"{FIRINGS}/{met['id']}/replay")
    assert (replayed.status, len(replayed.json["jobs"])) == (201, 1), replayed.text
    assert replayed.json["jobs"] != met["jobs"]
    for headers in ({}, {"Idempotency-Key": "again"}):
        tried = await each.post(f"{FIRINGS}/{not_met['id']}/replay", headers=headers)
        assert (tried.status, tried.json.get("verdict")) == (201, "not_met"), tried.text


async def test_what_can_not_be_replayed_says_why(api: Api) -> None:
    await saved(api, rule())
    by_hand = (await api.post(f"{RULES}/big-orders/fire")).json["id"]
    assert (await api.post(f"{FIRINGS}/{by_hand}/replay")).status == 409
    assert (await api.post(f"{FIRINGS}/{MISSING}/replay")).status == 404
    assert (await api.post(f"{FIRINGS}/nonsense/replay")).status == 404
    address = (await api.create(workflow()))["triggers"][0]["url"]
    await delivered(api, address)
    (firing,) = await fired(api, "workflow=greet")
    await api.call("PUT", "/api/v1/workflows/greet", json=workflow(triggers=[]))
    gone = await api.post(f"{FIRINGS}/{firing['id']}/replay")
    assert (gone.status, "isn't there any more" in gone.json["detail"]) == (409, True)


async def test_a_replay_that_todays_definition_refuses_is_422(api: Api) -> None:
    address = (await api.create(workflow()))["triggers"][0]["url"]
    await delivered(api, address)
    (firing,) = await fired(api, "workflow=greet")
    await api.call("PUT", "/api/v1/workflows/greet", json=workflow(input=NOBODY))
    assert (await api.post(f"{FIRINGS}/{firing['id']}/replay")).status == 422
    await api.post("/api/v1/workflows/greet/disable")
    assert (await api.post(f"{FIRINGS}/{firing['id']}/replay")).status == 409


async def test_a_rejected_delivery_is_kept_with_its_reason(api: Api) -> None:
    address = (await api.create(workflow(input=NOBODY)))["triggers"][0]["url"].removeprefix(api.base)
    assert (await api.post(address, {})).status == 422
    (firing,) = await fired(api, "workflow=greet&verdict=rejected")
    assert "email" in firing["reason"]
    assert firing["run"] is None
    assert (await api.post(f"{FIRINGS}/{firing['id']}/replay")).status == 409


async def test_firings_of_another_tenant_are_not_there(api: Api) -> None:
    await delivered(api, (await api.create(workflow()))["triggers"][0]["url"])
    (firing,) = await fired(api, "workflow=greet")
    other = (await api.post("/api/v1/tenants", {"name": "acme"})).json["id"]
    stranger = await api.key("owner", tenant=other)
    assert (await api.get(FIRINGS, headers=stranger)).json["items"] == []
    assert (await api.get(f"{FIRINGS}/{firing['id']}", headers=stranger)).status == 404
    assert (await api.post(f"{FIRINGS}/{firing['id']}/replay", headers=stranger)).status == 404
    viewer = await api.key("viewer")
    assert (await api.get(f"{FIRINGS}/{firing['id']}", headers=viewer)).status == 200
    assert (await api.post(f"{FIRINGS}/{firing['id']}/replay", headers=viewer)).status == 403


async def test_a_firing_whose_answer_was_lost_is_answered_again(each: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("the process died here")

    for name in ("acme", "beta"):
        await each.post("/api/v1/tenants", {"name": name})
    await saved(each, rule(conditions=None, jobs=[{"kind": "noop"}]))
    await saved(each, rule("each", trigger={"type": "every", "every": "10h"}, for_each="tenant", conditions=None,
                           jobs=[{"kind": "noop"}]))  # fmt: skip
    await delivered(each, (await each.create(workflow()))["triggers"][0]["url"])
    (delivery,) = await fired(each, "workflow=greet")
    paths = (f"{RULES}/big-orders/fire", f"{RULES}/each/fire", f"{FIRINGS}/{delivery['id']}/replay")
    for path in paths:
        headers = {"Idempotency-Key": path}
        with monkeypatch.context() as patch:
            patch.setattr(each.app.services.engine.store, "save_answer", crash)
            assert (await each.post(path, headers=headers)).status == 500
        again = await each.post(path, headers=headers)
        assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true"), again.text
        assert again.json["verdict"] == "started"
    assert len((await each.get(FIRINGS)).json["items"]) == len(paths) + 1
    jobs = (await each.get("/api/v1/jobs?kind=noop&queue=default")).json["items"]
    assert len([job for job in jobs if job["run"] is None]) == 2
