"""``Idempotency-Key``: one piece of work, one answer, however often and however concurrently it is asked for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.http.idempotency import fingerprint_of
from tests.http.serving import Api, Reply, parked, workflow

JOBS, WORKFLOWS = "/api/v1/jobs", "/api/v1/workflows"


async def keyed(api: Api, path: str, body: Any, key: str = "k-1") -> Reply:
    return await api.post(path, body, headers={"Idempotency-Key": key})


@pytest.mark.parametrize(("path", "body", "other"), [
    (JOBS, {"kind": "noop", "payload": {"a": 1, "b": 2}}, {"kind": "noop", "payload": {"a": 1, "b": 3}}),
    (JOBS + "/batch", {"jobs": [{"kind": "noop"}, {"kind": "fail"}]}, {"jobs": [{"kind": "noop"}]}),
    (WORKFLOWS + "/parked/runs", {"input": {"a": 1}}, {"input": {"a": 2}}),
    (WORKFLOWS, workflow(), workflow("other")),
], ids=["job", "batch", "run", "workflow"])  # fmt: skip
async def test_a_repeat_gets_the_first_answer_and_another_body_a_conflict(
    api: Api, path: str, body: Any, other: Any
) -> None:
    await api.create(parked())
    first = await keyed(api, path, body)
    again = await keyed(api, path, body)
    assert first.status == again.status == 201
    assert again.text == first.text
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (await keyed(api, path, other)).status == 409
    assert (await keyed(api, path, body, "k-2")).status in {201, 409}


async def test_concurrent_repeats_do_the_work_once(api: Api) -> None:
    body = {"kind": "noop", "delay": "1h"}
    replies = await asyncio.gather(*(keyed(api, JOBS, body) for _ in range(20)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert len((await api.get(JOBS)).json["items"]) == 1


async def test_an_answer_lost_in_a_crash_is_built_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("the process died here")

    await api.create(parked())
    for path, body in (
        (JOBS, {"kind": "noop", "delay": "1h"}),
        (f"{WORKFLOWS}/parked/runs", {}),
        (WORKFLOWS, workflow()),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(api.app.services.engine.store, "save_answer", crash)
            assert (await keyed(api, path, body)).status == 500
        again = await keyed(api, path, body)
        assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert len((await api.get(JOBS + "?kind=noop")).json["items"]) == 1
    assert len((await api.get("/api/v1/runs")).json["items"]) == 1


async def test_a_batch_whose_answer_was_lost_is_answered_whole(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("the process died here")

    held = (await api.post(JOBS, {"kind": "noop", "delay": "1h", "unique_key": "u"})).json["id"]
    batch = {"jobs": [{"kind": "fail"}, {"kind": "noop", "unique_key": "u"}, {"kind": "noop", "delay": "2h"}]}
    with monkeypatch.context() as patch:
        patch.setattr(api.app.services.engine.store, "save_answer", crash)
        assert (await keyed(api, JOBS + "/batch", batch)).status == 500
    again = await keyed(api, JOBS + "/batch", batch)
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert [job["kind"] for job in again.json["jobs"]] == ["fail", "noop", "noop"]
    assert again.json["jobs"][1]["id"] == held
    made = {job["id"] for job in (await api.get(JOBS)).json["items"]}
    assert {job["id"] for job in again.json["jobs"]} == made


async def test_a_key_belongs_to_its_route_and_its_address(api: Api) -> None:
    await api.create(parked("one"))
    await api.create(parked("two"))
    assert (await keyed(api, f"{WORKFLOWS}/one/runs", {})).status == 201
    assert (await keyed(api, f"{WORKFLOWS}/two/runs", {})).status == 409
    assert (await keyed(api, JOBS, {"kind": "noop"})).status == 201


async def test_a_refused_request_leaves_the_key_free(api: Api) -> None:
    assert (await keyed(api, JOBS, {"kind": "no op"})).status == 422
    assert (await keyed(api, JOBS, {"kind": "noop"})).status == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "é"])
async def test_an_odd_key_is_refused(api: Api, key: str) -> None:
    reply = await keyed(api, JOBS, {"kind": "noop"}, key)
    assert (reply.status, reply.paths) == (422, ["Idempotency-Key"])
    assert (await api.get(JOBS)).json["items"] == []


def test_the_order_of_keys_does_not_change_a_fingerprint() -> None:
    assert fingerprint_of({}, {"a": 1, "b": [1, 2]}) == fingerprint_of({}, {"b": [1, 2], "a": 1})
    assert fingerprint_of({}, {"b": [1, 2]}) != fingerprint_of({}, {"b": [2, 1]})
    assert fingerprint_of({}, {"a": True}) != fingerprint_of({}, {"a": 1})
    assert fingerprint_of({"workflow": "a"}, {}) != fingerprint_of({"workflow": "b"}, {})
