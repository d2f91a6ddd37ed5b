"""Schedules over HTTP: every clock, its coming times, a preview, pause, backfills."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api
from tests.http.triggering import FIRINGS, SCHEDULES, clocked, fired, row_of, saved, yearly_rule
from tests.support.waiting import eventually

MISSING = "01990000-0000-7000-8000-000000000000"
RANGE = {"from": "2020-01-01T00:00:00Z", "to": "2022-12-31T00:00:00Z"}


async def test_clocks_of_workflows_and_rules_stand_in_one_list(each: Api) -> None:
    await each.create(clocked())
    await saved(each, yearly_rule())
    page = (await each.get(f"{SCHEDULES}?limit=1")).json
    more = (await each.get(f"{SCHEDULES}?limit=1&cursor={page['next']}")).json
    found = [(one["owner"]["kind"], one["type"]) for one in page["items"] + more["items"]]
    assert found == [("workflow", "cron"), ("rule", "cron")]
    assert more["next"] is None


async def test_the_next_time_is_told_from_the_first_moment_on(each: Api) -> None:
    await each.create(clocked())
    row = await row_of(each, "nightly", "yearly")
    for path in (f"{SCHEDULES}/{row}", f"/api/v1/triggers/{row}"):
        assert (await each.get(path)).json["next_at"].endswith("-01-01T06:00:00.000000Z")
    (listed,) = (await each.get(SCHEDULES)).json["items"]
    assert listed["next_at"].endswith("-01-01T06:00:00.000000Z")


async def test_the_next_times_of_a_clock(each: Api) -> None:
    await each.create(clocked())
    row = await row_of(each, "nightly", "yearly")
    times = (await each.get(f"{SCHEDULES}/{row}/next")).json["times"]
    assert len(times) == 10
    assert {time[4:] for time in times} == {"-01-01T06:00:00.000000Z"}
    assert len((await each.get(f"{SCHEDULES}/{row}/next?count=3")).json["times"]) == 3
    for count in ("0", "101", "many"):
        reply = await each.get(f"{SCHEDULES}/{row}/next?count={count}")
        assert (reply.status, reply.paths) == (422, ["count"])


async def test_a_preview_of_a_clock_that_is_not_saved(api: Api) -> None:
    clock = {"type": "cron", "cron": "0 0 29 2 *"}
    reply = await api.post(f"{SCHEDULES}/preview?count=2", clock)
    assert reply.status == 200, reply.text
    assert [time[4:10] for time in reply.json["times"]] == ["-02-29", "-02-29"]
    assert (await api.get(SCHEDULES)).json["items"] == []


@pytest.mark.parametrize(("clock", "path"), [
    ({"type": "cron", "cron": "0 25 * * *"}, "cron"),
    ({"type": "cron", "cron": "0 7 * * *", "timezone": "Europe/Berln"}, "timezone"),
    ({"type": "every", "every": "10ms"}, "every"),
    ({"type": "webhook"}, "type"),
])  # fmt: skip
async def test_a_wrong_clock_is_422_at_its_field(api: Api, clock: dict[str, Any], path: str) -> None:
    reply = await api.post(f"{SCHEDULES}/preview", clock)
    assert (reply.status, reply.paths) == (422, [path]), reply.text


async def test_a_wrong_clock_in_a_workflow_names_field_and_way_out(api: Api) -> None:
    wrong = clocked(triggers=[{"id": "bad", "type": "cron", "cron": "0 25 * * *"}])
    reply = await api.post("/api/v1/workflows", wrong)
    assert (reply.status, reply.paths) == (422, ["triggers[0].cron"])
    assert "hour" in reply.json["errors"][0]["message"]


async def test_a_clock_is_paused_and_resumed(each: Api) -> None:
    await each.create(clocked())
    row = await row_of(each, "nightly", "yearly")
    assert (await each.post(f"{SCHEDULES}/{row}/pause")).json["paused"] is True
    assert (await each.get(f"{SCHEDULES}/{row}")).json["next_at"] is None
    assert (await each.post(f"{SCHEDULES}/{row}/resume")).json["active"] is True


async def test_only_a_clock_is_a_schedule(api: Api) -> None:
    await api.create(clocked())
    hook = await row_of(api, "nightly", "hook")
    for path in ("", "/next", "/backfills", f"/backfills/{MISSING}"):
        assert (await api.get(f"{SCHEDULES}/{hook}{path}")).status == 404
    for path in ("/pause", "/resume", "/backfills"):
        assert (await api.post(f"{SCHEDULES}/{hook}{path}", RANGE if path == "/backfills" else {})).status == 404


async def test_a_backfill_fires_every_time_of_its_range(each: Api) -> None:
    await each.create(clocked())
    row = await row_of(each, "nightly", "yearly")
    headers = {"Idempotency-Key": "history"}
    reply = await each.post(f"{SCHEDULES}/{row}/backfills", {**RANGE, "concurrency": 2}, headers=headers)
    assert reply.status == 201, reply.text
    made = reply.json
    assert (made["trigger"], made["from"][:10], made["concurrency"]) == (row, "2020-01-01", 2)
    again = await each.post(f"{SCHEDULES}/{row}/backfills", {**RANGE, "concurrency": 2}, headers=headers)
    assert (again.status, again.json["id"]) == (201, made["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    items = await fired(each, f"backfill={made['id']}", 3)
    assert [item["fire_at"][:13] for item in items] == ["2022-01-01T06", "2021-01-01T06", "2020-01-01T06"]
    assert {(item["verdict"], item["owner"]["name"]) for item in items} == {("started", "nightly")}

    async def finished() -> Any:
        shown = (await each.get(f"{SCHEDULES}/{row}/backfills/{made['id']}")).json
        return shown if shown["state"] == "FINISHED" else None

    assert (await eventually(finished, 20))["started"] == 3
    assert [one["id"] for one in (await each.get(f"{SCHEDULES}/{row}/backfills")).json["items"]] == [made["id"]]
    assert (await each.post(f"{SCHEDULES}/{row}/backfills/{made['id']}/cancel")).status == 409
    run = (await each.get(f"/api/v1/runs/{items[0]['run']}")).json
    assert run["trigger"]["backfill"] == made["id"]


async def test_a_backfill_is_cancelled(each: Api) -> None:
    parked = [{"id": "later", "type": "delay", "params": {"for": "1h"}}]
    await each.create(clocked(nodes=parked))
    row = await row_of(each, "nightly", "yearly")
    made = (await each.post(f"{SCHEDULES}/{row}/backfills", RANGE)).json
    await fired(each, f"backfill={made['id']}", 1)
    cancelled = await each.post(f"{SCHEDULES}/{row}/backfills/{made['id']}/cancel")
    assert (cancelled.status, cancelled.json["state"], cancelled.json["next_at"]) == (200, "CANCELLED", None)
    assert len((await each.get(f"{FIRINGS}?backfill={made['id']}")).json["items"]) == 1


@pytest.mark.parametrize(("body", "path"), [
    ({}, "from"), ({**RANGE, "from": "yesterday"}, "from"), ({"from": RANGE["to"], "to": RANGE["from"]}, "to"),
    ({**RANGE, "to": "2999-01-01T00:00:00Z"}, "to"), ({**RANGE, "concurrency": 0}, "concurrency"),
    ({"from": "2020-02-01T00:00:00Z", "to": "2020-03-01T00:00:00Z"}, "from"), ({**RANGE, "until": 1}, "until"),
])  # fmt: skip
async def test_a_wrong_backfill_is_422(api: Api, body: dict[str, Any], path: str) -> None:
    await api.create(clocked())
    row = await row_of(api, "nightly", "yearly")
    reply = await api.post(f"{SCHEDULES}/{row}/backfills", body)
    assert reply.status == 422
    assert path in reply.paths
    assert (await api.get(f"{SCHEDULES}/{row}/backfills")).json["items"] == []


async def test_operators_backfill_and_editors_pause(api: Api) -> None:
    await api.create(clocked())
    row = await row_of(api, "nightly", "yearly")
    viewer, operator = [await api.key(role) for role in ("viewer", "operator")]
    assert (await api.get(SCHEDULES, headers=viewer)).status == 200
    assert (await api.post(f"{SCHEDULES}/preview", {"type": "every", "every": "1h"}, headers=viewer)).status == 200
    assert (await api.post(f"{SCHEDULES}/{row}/backfills", RANGE, headers=viewer)).status == 403
    assert (await api.post(f"{SCHEDULES}/{row}/backfills", RANGE, headers=operator)).status == 201
    assert (await api.post(f"{SCHEDULES}/{row}/pause", headers=operator)).status == 403
