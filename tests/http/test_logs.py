"""What attempts logged, over HTTP: soon there, oldest first, in pages, by attempt; of one's own tenant only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api
from tests.http.test_job_control import ID, JOBS, inserted
from tests.http.test_statistics import other_tenant
from tests.support.waiting import eventually

SAYING = {"kind": "log", "payload": {"message": "order 7", "level": "warning", "data": {"total": 12.5}}}


async def lines(api: Api, job_id: str, query: str = "", **options: Any) -> Any:
    reply = await api.get(f"{JOBS}/{job_id}/logs{query}", **options)
    assert reply.status == 200, reply.text
    return reply.json


async def logged(api: Api, job_id: str) -> Any:
    """The job's lines, once there are any."""

    async def look() -> Any:
        return (await lines(api, job_id))["items"]

    return await eventually(look)


async def test_what_an_attempt_logs_is_soon_shown(each: Api) -> None:
    (job_id,) = await inserted(each, SAYING)
    (line,) = await logged(each, job_id)
    job = (await each.get(f"{JOBS}/{job_id}")).json
    assert job["attempts"][0]["started_at"] <= line.pop("at")
    assert line == {"attempt": 1, "level": "warning", "message": "order 7", "fields": {"data": {"total": 12.5}}}


async def test_lines_are_shown_by_attempt_and_in_pages(each: Api) -> None:
    (job_id,) = await inserted(each, SAYING)
    await logged(each, job_id)
    store = each.app.services.engine.store
    first = (await store.list_log_lines("default", job_id, None, None, 1)).items[0]
    await store.add_log_lines([first._replace(lease=2, attempt=2, number=number) for number in (1, 2)])
    page = await lines(each, job_id, "?limit=2")
    assert [line["attempt"] for line in page["items"]] == [1, 2]
    rest = await lines(each, job_id, f"?limit=2&cursor={page['next']}")
    assert ([line["attempt"] for line in rest["items"]], rest["next"]) == ([2], None)
    assert len((await lines(each, job_id, "?attempt=2"))["items"]) == 2
    assert (await lines(each, job_id, "?attempt=3"))["items"] == []


async def test_logs_of_others_and_of_nothing_arent_found(each: Api) -> None:
    (job_id,) = await inserted(each, SAYING)
    await logged(each, job_id)
    stranger = await each.key("viewer", tenant=await other_tenant(each))
    for path, headers in ((job_id, stranger), (ID, {}), ("nonsense", {})):
        assert (await each.get(f"{JOBS}/{path}/logs", headers=headers)).status == 404


@pytest.mark.parametrize("query", ["?attempt=0", "?attempt=x", "?cursor=nonsense", "?level=info", "?limit=0"])
async def test_wrong_queries_are_refused(api: Api, query: str) -> None:
    (job_id,) = await inserted(api, SAYING)
    assert (await api.get(f"{JOBS}/{job_id}/logs{query}")).status == 422
