"""Node kinds and samples over HTTP: what a palette, a form and a gallery are made from."""

from __future__ import annotations

from holdfast.samples import sample_names
from tests.http.serving import Api

KINDS = "/api/v1/node-kinds"


async def test_every_kind_of_the_library_is_there(api: Api) -> None:
    page = (await api.get(KINDS)).json
    kinds = {kind["type"]: kind for kind in page["items"]}
    assert set(kinds) == set(api.app.services.engine.specs)
    assert page["next"] is None
    shown = [(kind["category"], kind["title"]) for kind in page["items"]]
    assert shown == sorted(shown)
    assert all(kind["title"] and kind["description"] and kind["icon"] and kind["category"] for kind in kinds.values())
    assert not any(kind["own"] for kind in kinds.values())


async def test_a_kind_tells_its_ports_params_and_defaults(api: Api) -> None:
    kinds = {kind["type"]: kind for kind in (await api.get(KINDS)).json["items"]}
    request, switch, choice = kinds["http.request"], kinds["switch"], kinds["if"]
    assert (request["ports"], request["has_error"], request["timeout"]) == (["out"], True, "30s")
    assert request["retry"] == {
        "max_attempts": 3, "strategy": "exponential", "base_delay": "1s", "max_delay": "1m", "jitter": "full",
    }  # fmt: skip
    assert "url" in request["params"]["properties"]
    assert (switch["dynamic_ports"], switch["has_error"]) == (True, False)
    assert (choice["ports"], choice["dynamic_ports"]) == (["true", "false"], False)
    assert choice["params"]["properties"]["condition"]["x-holdfast-expression"] is True


async def test_samples_can_be_created_as_they_are(api: Api) -> None:
    page = (await api.get("/api/v1/samples")).json
    assert [sample["name"] for sample in page["items"]] == list(sample_names())
    assert page["next"] is None
    for sample in page["items"]:
        assert all((sample["title"], sample["description"], sample["tags"])), sample["name"]
        assert (await api.create(sample["definition"]))["name"] == sample["name"]


async def test_samples_call_this_server(api: Api) -> None:
    samples = (await api.get("/api/v1/samples")).json["items"]
    calling = [
        sample["definition"]["vars"]["api"] for sample in samples if "api" in sample["definition"].get("vars", {})
    ]
    assert calling
    assert set(calling) == {api.base}


async def test_viewers_may_look(locked: Api) -> None:
    viewer = await locked.key("viewer")
    for path in (KINDS, "/api/v1/samples"):
        assert (await locked.get(path)).status == 401
        assert (await locked.get(path, headers=viewer)).status == 200
