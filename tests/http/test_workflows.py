"""Workflows over HTTP: both forms of a definition, versions, names."""

from __future__ import annotations

import json

import yaml

from tests.http.serving import Api, workflow

WORKFLOWS = "/api/v1/workflows"


async def test_a_definition_is_kept_as_it_was_given(api: Api) -> None:
    created = await api.create(workflow(title="Greet"))
    assert (created["name"], created["title"], created["version"], created["enabled"]) == ("greet", "Greet", 1, True)
    assert created["definition"] == workflow(title="Greet")
    hook, hand = created["triggers"]
    assert (hook["id"], hook["type"], hook["signed"]) == ("hook", "webhook", False)
    assert hand == {"id": "hand", "type": "manual"}


async def test_yaml_is_the_same_document(api: Api) -> None:
    for index, kind in enumerate(("application/yaml", "application/x-yaml", "text/yaml; charset=utf-8")):
        name = f"greet{index}"
        text = yaml.safe_dump(workflow(name))
        reply = await api.call("POST", WORKFLOWS, data=text, headers={"Content-Type": kind})
        assert reply.status == 201, reply.text
        assert reply.json["definition"] == workflow(name)


async def test_validate_saves_nothing(api: Api) -> None:
    reply = await api.post(f"{WORKFLOWS}/validate", workflow())
    assert (reply.status, reply.json) == (200, {"valid": True})
    assert (await api.get(WORKFLOWS)).json == {"items": [], "next": None}


async def test_a_taken_name_is_409(api: Api) -> None:
    await api.create(workflow())
    assert (await api.post(WORKFLOWS, workflow())).status == 409


async def test_versions_are_all_there_newest_first(api: Api) -> None:
    created = await api.create(workflow())
    for number in (2, 3):
        saved = await api.call("PUT", f"{WORKFLOWS}/{created['id']}", json=workflow(title=f"v{number}"))
        assert (saved.status, saved.json["version"]) == (200, number)
    first = (await api.get(f"{WORKFLOWS}/greet/versions?limit=2")).json
    assert [item["version"] for item in first["items"]] == [3, 2]
    second = (await api.get(f"{WORKFLOWS}/greet/versions?limit=2&cursor={first['next']}")).json
    assert [item["version"] for item in second["items"]] == [1]
    assert second["next"] is None
    assert second["items"][0]["definition"] == workflow()
    assert (await api.get(f"{WORKFLOWS}/greet?version=2")).json["title"] == "v2"
    assert (await api.get(f"{WORKFLOWS}/greet?version=9")).status == 404


async def test_lists_are_by_name_and_paged(api: Api) -> None:
    for name in ("b", "c", "a"):
        await api.create(workflow(name))
    first = (await api.get(f"{WORKFLOWS}?limit=2")).json
    second = (await api.get(f"{WORKFLOWS}?limit=2&cursor={first['next']}")).json
    assert [item["name"] for item in first["items"] + second["items"]] == ["a", "b", "c"]


async def test_delete_frees_the_name_and_keeps_history(api: Api) -> None:
    await api.create(workflow())
    run = (await api.post(f"{WORKFLOWS}/greet/runs", {"wait": 10})).json
    reply = await api.call("DELETE", f"{WORKFLOWS}/greet")
    assert (reply.status, reply.text) == (204, "")
    assert (await api.get(f"{WORKFLOWS}/greet")).status == 404
    assert (await api.get(f"/api/v1/runs/{run['id']}")).json["output"] == {"word": "hello"}
    assert (await api.create(workflow()))["version"] == 1


async def test_switching_needs_a_boolean(api: Api) -> None:
    await api.create(workflow())
    for body in ({"enabled": "no"}, {"enabled": 1}, {}, {"enabled": True, "name": "x"}):
        assert (await api.call("PATCH", f"{WORKFLOWS}/greet", data=json.dumps(body))).status in {415, 422}
        assert (await api.call("PATCH", f"{WORKFLOWS}/greet", json=body)).status == 422
