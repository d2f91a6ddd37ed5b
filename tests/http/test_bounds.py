"""Input that is made to keep the server busy: what it says is bounded before anybody looks at all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.http.body import understood
from holdfast.http.limits import MAX_PARAMETERS
from holdfast.http.schemas.jobs import JobIn
from holdfast.model.errors import Invalid
from tests.http.serving import Api

JOBS = "/api/v1/jobs"


def refusal(body: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        understood(JobIn, body)
    return caught.value


def test_a_body_with_many_unknown_keys_has_few_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def close(name: str, *_: object, **__: object) -> list[str]:
        looked.append(name)
        return []

    monkeypatch.setattr("holdfast.http.validation.get_close_matches", close)
    assert len(refusal({f"unknown{n}": 1 for n in range(10_000)}).problems) == 50
    assert len(looked) <= 50


def test_a_key_as_long_as_the_body_is_neither_compared_nor_said_back() -> None:
    problems = refusal({"k" * 1_000_000: 1, "kind": "noop"}).problems
    assert [len(problem.path) for problem in problems] == [100]
    assert len(problems[0].message) < 100


async def test_a_query_of_many_parameters_is_refused(api: Api) -> None:
    many = "&".join(f"p{number}=1" for number in range(MAX_PARAMETERS + 1))
    reply = await api.get(f"{JOBS}?{many}")
    assert (reply.status, len(reply.json["errors"])) == (422, 1)
    assert (await api.get(f"{JOBS}?limit=5")).status == 200


@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["lists", "objects"])
async def test_nesting_without_an_end_is_refused(api: Api, opening: str) -> None:
    body = opening * 200_000
    reply = await api.call("POST", JOBS, data=body, headers={"Content-Type": "application/json"})
    assert reply.status == 400
    assert "nested too deeply" in reply.text


async def test_nesting_deeper_than_anybody_needs_is_refused(api: Api) -> None:
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    reply = await api.call("POST", JOBS, data=json.dumps({"kind": "noop", "payload": deep}))
    assert reply.status in (415, 422)
    reply = await api.post(JOBS, {"kind": "noop", "payload": {"a": deep}})
    assert reply.status == 422
    assert "nested deeper" in reply.text


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate, gzip"])
async def test_what_is_packed_is_not_unpacked(api: Api, coding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    reply = await api.call("POST", JOBS, data=b"\x1f\x8b", headers=headers)
    assert reply.status == 415
