"""The mocked services: the same question, the same answer; on the machine's own address alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api, serving

MOCK = "/workflows/api/mock"
GETS = [
    f"{MOCK}/apollo/person-enrichment",
    f"{MOCK}/workflows/api/test-weather",
    f"{MOCK}/test-weather",
    "/workflows/api/test-weather",
    f"{MOCK}/sensors/temperature/live",
]
POSTS: list[tuple[str, dict[str, Any]]] = [
    (f"{MOCK}/lead-scoring/analyze", {}),
    (f"{MOCK}/notifications/ae-alert", {"text": "hot"}),
    (f"{MOCK}/email/follow-up", {"to": "ada@example.com"}),
    (f"{MOCK}/building/ac/control", {"room": "lobby"}),
    (f"{MOCK}/triggers/temperature-alert", {"celsius": 30}),
]


@pytest.mark.parametrize("path", GETS)
async def test_the_documented_questions_are_answered(api: Api, path: str) -> None:
    reply = await api.get(path)
    assert reply.status == 200
    assert reply.json


@pytest.mark.parametrize(("path", "body"), POSTS)
async def test_the_documented_posts_are_answered(api: Api, path: str, body: dict[str, Any]) -> None:
    reply = await api.post(path, body)
    assert reply.status == 200
    assert reply.json == (await api.post(path, body)).json


async def test_they_decide_by_what_they_are_asked(api: Api) -> None:
    async def post(path: str, **body: Any) -> Any:
        return (await api.post(f"{MOCK}/{path}", body)).json

    assert (await api.get("/workflows/api/test-weather?city=Berlin")).json["condition"] == "storm"
    assert (await api.get("/workflows/api/test-weather?city=Ulm")).json["condition"] == "clear"
    rome = (await api.get("/workflows/api/test-weather?city=Rome")).json
    assert rome == (await api.get("/workflows/api/test-weather?city=Rome")).json
    person = (await api.get(f"{MOCK}/apollo/person-enrichment?email=ada.lovelace@analytical.example")).json["person"]
    assert (person["name"], person["company"]["name"]) == ("Ada Lovelace", "Analytical")
    assert (await post("lead-scoring/analyze", employees=500, title="Head of X", email="a@b.example"))["grade"] == "hot"
    assert (await post("lead-scoring/analyze", employees=2, email="a@gmail.com"))["grade"] == "cold"
    judged = await post("triggers/temperature-alert", celsius=31.5, threshold=30)
    assert (judged["alert"], judged["over_by"]) == (True, 1.5)
    assert not (await post("triggers/temperature-alert", celsius=30, threshold=30))["alert"]
    readings = (await api.get(f"{MOCK}/sensors/temperature/live?room=lobby")).json["readings"]
    assert readings == [{"room": "lobby", "celsius": 21.5}]


async def test_they_refuse_what_such_services_refuse(api: Api) -> None:
    assert (await api.get(f"{MOCK}/sensors/temperature/live?room=attic")).status == 404
    assert (await api.post(f"{MOCK}/email/follow-up", {})).paths == ["to"]
    assert (await api.post(f"{MOCK}/building/ac/control", {"room": "attic", "target": 3})).paths == ["room", "target"]
    assert (await api.post(f"{MOCK}/triggers/temperature-alert", {"celsius": "hot"})).paths == ["celsius"]
    assert (await api.post(f"{MOCK}/lead-scoring/analyze", [])).status == 422


@pytest.mark.parametrize("path", GETS)
async def test_elsewhere_there_is_nothing(locked: Api, api: Api, path: str) -> None:
    assert (await locked.get(path)).status == 404
    assert (await api.get(path, headers={"X-Forwarded-For": "10.0.0.1"})).status == 404
    assert (await api.get(path, headers={"Host": "holdfast.example"})).status == 404


async def test_a_server_without_a_worker_has_none() -> None:
    async with serving(role="server") as api:
        assert [(await api.get(path)).status for path in GETS] == [404] * len(GETS)
