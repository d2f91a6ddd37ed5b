"""Versions over HTTP: who saved them and why, what changed between two, an earlier one brought back."""

from __future__ import annotations

from typing import Any

from tests.http.serving import Api, workflow

GREET = "/api/v1/workflows/greet"


async def saved(api: Api, document: dict[str, Any], query: str = "") -> None:
    assert (await api.call("PUT", GREET + query, json=document)).status == 200


async def test_each_version_has_its_author_and_message(each: Api) -> None:
    await each.post("/api/v1/workflows?message=the%20first", workflow())
    await saved(each, workflow(title="Greet"), "?message=a%20title")
    await saved(each, workflow(title="Greet!"))
    versions = (await each.get(f"{GREET}/versions")).json["items"]
    assert [(each["version"], each["author"], each["message"]) for each in versions] == [
        (3, "local", ""),
        (2, "local", "a title"),
        (1, "local", "the first"),
    ]
    assert (await each.get(f"{GREET}/versions/2")).json == versions[1]
    assert versions[1]["definition"] == workflow(title="Greet")


async def test_a_save_that_expects_another_version_writes_nothing(each: Api) -> None:
    await each.create(workflow())
    await saved(each, workflow(title="theirs"), "?expect=1")
    late = await each.call("PUT", GREET + "?expect=1", json=workflow(title="mine"))
    assert late.status == 409
    assert "newest version is 2, not 1" in late.json["detail"]
    assert (await each.get(GREET)).json["definition"] == workflow(title="theirs")
    await saved(each, workflow(title="mine"), "?expect=2&message=after%20theirs")
    assert [one["version"] for one in (await each.get(f"{GREET}/versions")).json["items"]] == [3, 2, 1]
    for odd in ("0", "x", "99999999999"):
        assert (await each.call("PUT", f"{GREET}?expect={odd}", json=workflow())).status == 422, odd


async def test_the_author_is_the_caller(locked: Api) -> None:
    editor = await locked.key("editor")
    await locked.post("/api/v1/workflows", workflow(), headers=editor)
    (version,) = (await locked.get(f"{GREET}/versions", headers=editor)).json["items"]
    assert version["author"] == "editor"


async def test_a_difference_names_the_places(api: Api) -> None:
    await api.create(workflow())
    after = workflow(title="Greet")
    after["nodes"][1]["params"] = {"word": "hi"}
    after["nodes"].append({"id": "third", "type": "noop"})
    after["edges"] = [{"from": "second", "to": "third"}, *after["edges"]]
    del after["output"]
    await saved(api, after)
    diff = (await api.get(f"{GREET}/versions/1/diff/2")).json
    assert (diff["from"], diff["to"]) == (1, 2)
    changes = {change["path"]: change for change in diff["changes"]}
    assert {path.replace(" ", ""): change["op"] for path, change in changes.items()} == {
        "nodes.first.params.word": "changed",
        "nodes.third": "added",
        "edges.second->third": "added",
        "title": "added",
        "output": "removed",
    }
    word = next(change for path, change in changes.items() if path.endswith("word"))
    assert (word["before"], word["after"]) == ("hello", "hi")
    assert "after" not in changes["output"]
    assert "before" not in changes["title"]
    assert (await api.get(f"{GREET}/versions/2/diff/2")).json["changes"] == []


async def test_an_earlier_version_is_brought_back_as_the_newest(api: Api) -> None:
    await api.create(workflow())
    await saved(api, workflow(title="worse"))
    back = await api.post(f"{GREET}/versions/1/restore")
    assert (back.status, back.json["version"], back.json["definition"]) == (200, 3, workflow())
    assert (await api.post(f"{GREET}/versions/2/restore?message=on%20second%20thought")).json["version"] == 4
    newest, restored, *_ = (await api.get(f"{GREET}/versions")).json["items"]
    assert (newest["message"], restored["message"]) == ("on second thought", "restores version 1")


async def test_versions_that_do_not_exist(api: Api) -> None:
    await api.create(workflow())
    for path in ("/versions/2", "/versions/1/diff/2", "/versions/2/diff/1"):
        assert (await api.get(GREET + path)).status == 404, path
    assert (await api.post(f"{GREET}/versions/2/restore")).status == 404
    for path in ("/versions/0", "/versions/x", "/versions/99999999999"):
        assert (await api.get(GREET + path)).status == 422, path


async def test_another_tenants_versions_are_not_found(locked: Api) -> None:
    owner, admin = await locked.key("owner"), await locked.key("owner", instance_admin=True)
    tenant = (await locked.post("/api/v1/tenants", {"name": "acme"}, headers=admin)).json["id"]
    stranger = await locked.key("owner", tenant=tenant)
    created = (await locked.post("/api/v1/workflows", workflow(), headers=owner)).json["id"]
    for path in ("versions/1", "versions/1/diff/1", "versions", "form"):
        assert (await locked.get(f"/api/v1/workflows/{created}/{path}", headers=stranger)).status == 404, path


async def test_a_message_has_its_bound(api: Api) -> None:
    await api.create(workflow())
    reply = await api.call("PUT", f"{GREET}?message={'x' * 2_000}", json=workflow())
    assert (reply.status, reply.paths) == (422, ["message"])


async def test_switching_on_and_off(each: Api) -> None:
    await each.create(workflow())
    assert (await each.post(f"{GREET}/disable")).json["enabled"] is False
    assert (await each.post(f"{GREET}/runs")).status == 409
    assert (await each.post(f"{GREET}/enable")).json["enabled"] is True
    assert (await each.post(f"{GREET}/runs")).status == 201
    assert (await each.post("/api/v1/workflows/none/enable")).status == 404


async def test_the_form_of_a_start_by_hand(api: Api) -> None:
    fields = [{"name": "city", "type": "text", "required": True}]
    form = {"id": "ask", "type": "form.input", "params": {"fields": fields}}
    document = workflow(input={"type": "object"})
    document["nodes"].append(form)
    await api.create(document)
    assert (await api.get(f"{GREET}/form")).json == {"schema": {"type": "object"}, "fields": fields}
