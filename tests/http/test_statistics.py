"""Figures over HTTP: a point for each step, percentiles, depths of queues; of one's own tenant only."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.instant import HOUR, MINUTE
from holdfast.model.statistics import NO_QUEUE, NOTHING, PLACE, WINDOWS, FigureRow
from tests.http.serving import Api

STATISTICS = "/api/v1/statistics"


def row(at: int, queue: str, tenant: str = "default", **counts: int) -> FigureRow:
    numbers = list(NOTHING)
    for name, count in counts.items():
        numbers[PLACE[name]] = count
    return FigureRow(tenant, at - at % MINUTE, queue, numbers)


async def charted(api: Api, query: str = "", **options: Any) -> Any:
    reply = await api.get(f"{STATISTICS}{query}", **options)
    assert reply.status == 200, reply.text
    return reply.json


async def test_an_empty_chart_has_all_its_points(each: Api) -> None:
    chart = await charted(each)
    assert (chart["step"], len(chart["points"])) == ("1m", 60)
    assert chart["queues"] == []
    nothing = dict.fromkeys(("started", "succeeded", "failed", "dead", "cancelled", "retried"), 0)
    runs = {"started": 0, "succeeded": 0, "failed": 0, "cancelled": 0}
    assert chart["totals"] == {**nothing, "wait_ms": None, "run_ms": None, "runs": runs}
    assert chart["points"][0] == {"at": chart["from"], **chart["totals"]}


@pytest.mark.parametrize(("window", "step", "count"), [("6h", "5m", 72), ("24h", "15m", 96), ("7d", "2h", 84)])
async def test_longer_windows_have_longer_steps(api: Api, window: str, step: str, count: int) -> None:
    chart = await charted(api, f"?window={window}")
    assert (chart["step"], len(chart["points"])) == (step, count)
    assert chart["points"][-1]["at"] <= chart["to"]


async def test_what_happened_is_shown_where_it_did(each: Api) -> None:
    engine = each.app.services.engine
    now = engine.clock.now()
    rows = [
        row(now - 10 * MINUTE, "default", started=2, succeeded=1, dead=1, wait_4=2, ran_11=1, ran_12=1),
        row(now - 10 * MINUTE, "mail", started=1, cancelled=1, retried=3),
        row(now - 10 * MINUTE, NO_QUEUE, runs_started=5, runs_failed=4),
        row(now - 2 * HOUR, "default", started=100),
        row(now - 10 * MINUTE, "default", "other", started=1_000),
    ]
    await engine.store.add_figures(rows)
    chart = await charted(each)
    (point,) = [point for point in chart["points"] if point["started"]]
    assert {name: point[name] for name in ("started", "succeeded", "dead", "cancelled", "retried")} == {
        "started": 3, "succeeded": 1, "dead": 1, "cancelled": 1, "retried": 3,
    }  # fmt: skip
    assert point["wait_ms"] == {"p50": 12.0, "p95": 15.6}
    assert 1024 <= point["run_ms"]["p50"] <= 2048 <= point["run_ms"]["p95"] <= 4096
    assert point["runs"] == {"started": 5, "succeeded": 0, "failed": 4, "cancelled": 0}
    assert chart["totals"]["started"] == 3
    assert (await charted(each, "?window=6h"))["totals"]["started"] == 103
    mail = await charted(each, "?queue=mail")
    assert (mail["totals"]["started"], mail["totals"]["runs"]["started"]) == (1, 5)


async def test_depths_of_queues_are_shown_for_each_step(each: Api) -> None:
    store, clock = each.app.services.engine.store, each.app.services.engine.clock
    for name in ("later", "mail"):
        reply = await each.post("/api/v1/jobs", {"kind": "noop", "delay": "1h", "queue": name})
        assert reply.status == 201
    await store.sample_depths(clock.now())
    chart = await charted(each)
    assert [queue["name"] for queue in chart["queues"]] == ["later", "mail"]
    points = chart["queues"][0]["points"]
    assert [point["at"] for point in points] == [point["at"] for point in chart["points"]]
    assert max(point["scheduled"] for point in points) == 1
    assert {point["oldest_ms"] for point in points} == {None}
    assert [queue["name"] for queue in (await charted(each, "?queue=mail"))["queues"]] == ["mail"]
    stranger = await each.key("viewer", tenant=await other_tenant(each))
    theirs = await charted(each, headers=stranger)
    assert theirs["queues"] == []


async def other_tenant(api: Api) -> str:
    reply = await api.post("/api/v1/tenants", {"name": "other"})
    assert reply.status == 201, reply.text
    made: str = reply.json["id"]
    return made


@pytest.mark.parametrize("query", ["?window=2h", "?window=", "?since=1", "?queue=" + "q" * 65])
async def test_wrong_queries_are_refused(api: Api, query: str) -> None:
    assert (await api.get(STATISTICS + query)).status == 422


async def test_every_window_is_offered(api: Api) -> None:
    for window in WINDOWS:
        await charted(api, f"?window={window}")
