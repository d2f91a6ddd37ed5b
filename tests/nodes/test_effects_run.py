"""An extract, transform and load flow in a whole engine: pages of an API, code in the sandbox, rows in a database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from holdfast import settings
from holdfast.compose import build
from holdfast.definition_yaml import read_yaml
from holdfast.engine.engine import Engine
from holdfast.model.errors import Invalid
from holdfast.model.instant import MINUTE
from holdfast.model.json import JSON, JSONObject
from tests.nodes.conftest import Serve

ETL = """
holdfast: 1
name: nightly-sales
nodes:
  - id: extract
    type: http.request
    params:
      url: "{{ input.url }}"
      paginate: {next: "size(response.json) > 0 ? page + 1 : null", param: page}
  - id: transform
    type: code.python
    params:
      inputs: {sales: "{{ nodes.extract.output.json }}"}
      code: |
        totals = {}
        for sale in inputs['sales']:
            totals[sale['city']] = totals.get(sale['city'], 0) + sale['amount']
        [{'city': city, 'total': total} for city, total in totals.items()]
  - id: table
    type: sql.query
    params:
      url: "{{ input.database }}"
      sql: CREATE TABLE IF NOT EXISTS totals (city TEXT PRIMARY KEY, total INT)
      mode: write
  - id: load
    type: sql.query
    params:
      url: "{{ input.database }}"
      sql: >-
        INSERT INTO totals (city, total) VALUES (:city, :total)
        ON CONFLICT (city) DO UPDATE SET total = excluded.total
      batch: "{{ nodes.transform.output }}"
      mode: write
  - id: report
    type: sql.query
    params: {url: "{{ input.database }}", sql: "SELECT city, total FROM totals ORDER BY total DESC"}
edges:
  - {from: extract, to: transform}
  - {from: transform, to: table}
  - {from: table, to: load}
  - {from: load, to: report}
output: {loaded: "{{ nodes.load.output.count }}", best: "{{ nodes.report.output.rows[0] }}"}
"""

SALES: list[list[JSON]] = [
    [{"city": "Ulm", "amount": 10}, {"city": "Bonn", "amount": 5}],
    [{"city": "Ulm", "amount": 7}],
]
Start = Callable[[str], Awaitable[Engine]]


@pytest.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.chdir(tmp_path)
    engines: list[Engine] = []

    async def started(url: str) -> Engine:
        engine = await build(settings.load(database_url=url), role="all")
        engines.append(engine)
        await engine.start()
        return engine

    yield started
    for engine in engines:
        await engine.stop()


async def sales(request: web.Request) -> web.Response:
    page = int(request.query.get("page", "1"))
    return web.json_response(SALES[page - 1] if page <= len(SALES) else [])


async def ran(engine: Engine, run_input: JSONObject) -> Any:
    await engine.workflows.create("default", read_yaml(ETL))
    accepted = await engine.runs.start("default", "nightly-sales", run_input, correlation_id="etl")
    return await engine.runs.wait("default", accepted.id, MINUTE)


async def test_sales_are_loaded(start: Start, store_url: str, serve: Serve, postgres_url: str) -> None:
    server = await serve(sales)
    engine = await start(store_url)
    target = postgres_url if store_url.startswith("sqlite") else "sqlite:///sales.db"
    run = await ran(engine, {"url": str(server.make_url("/")), "database": target})
    assert (run.state, run.output) == ("SUCCEEDED", {"loaded": 2, "best": {"city": "Ulm", "total": 17}}), run


async def test_the_instances_own_database_stays_closed(
    start: Start, store_url: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = Path(store_url.removeprefix("sqlite:///")).parent
    monkeypatch.setenv("HOLDFAST_SQLITE_FOLDERS", str(beside if store_url.startswith("sqlite") else tmp_path))
    server = await serve(sales)
    engine = await start(store_url)
    run = await ran(engine, {"url": str(server.make_url("/")), "database": store_url})
    assert run.state == "FAILED"
    assert run.nodes["table"].error["type"] == "params"
    assert "of Holdfast itself" in run.nodes["table"].error["message"]


async def test_wrong_expressions_of_pages_are_told_when_it_is_saved(start: Start) -> None:
    engine = await start("memory:")
    document = read_yaml(ETL.replace("size(response.json)", "size(respons.json)"))
    with pytest.raises(Invalid) as caught:
        await engine.workflows.create("default", document)
    assert [problem.path for problem in caught.value.problems] == ["nodes[0].params.paginate.next"]
