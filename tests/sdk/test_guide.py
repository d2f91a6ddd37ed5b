"""The Python guide's own examples, from its own text, run against what they speak of."""

import asyncio
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import psycopg
import pytest

import holdfast
from holdfast.model.records import JobFilter
from tests.conformance.scene import TENANT, Scene, open_store
from tests.sdk import tasks
from tests.sdk.tasks import send_invoice

GUIDE = (Path(__file__).parents[2] / "docs" / "python.md").read_text()


@pytest.fixture(autouse=True)
def billing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module that the examples import from."""
    monkeypatch.setitem(sys.modules, "billing", tasks)


def example(words: str) -> str:
    """The guide's code block that holds these words."""
    (found,) = [block for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if words in block]
    return str(found)


async def run_async(code: str, **names: Any) -> dict[str, Any]:
    """A block that awaits, run as the body of an async function; its local names."""
    scope: dict[str, Any] = {"holdfast": holdfast, **names}
    exec(f"async def example():\n{textwrap.indent(code, '    ')}\n    return locals()", scope)
    result: dict[str, Any] = await scope["example"]()
    return result


async def test_a_job_is_enqueued_and_awaited(url: str) -> None:
    code = (
        example("async with holdfast.Client").replace("http://127.0.0.1:8000", url).replace('delay="5m"', 'delay="1ms"')
    )
    assert (await run_async(code))["result"] == "sent to c-1"


async def test_a_wrong_job_is_told_as_the_guide_shows(
    client: holdfast.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = await run_async(example("custmer"), client=client, send_invoice=send_invoice)
    assert ran["places"] == ["payload.custmer", "payload.customer"]
    assert f"```text\n{capsys.readouterr().out}```" in GUIDE


async def test_the_same_without_an_event_loop(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOLDFAST_URL", url)
    code = example("with holdfast.SyncClient")
    await asyncio.to_thread(exec, code, {"holdfast": holdfast, "send_invoice": send_invoice})
    assert "sent to c-1" in capsys.readouterr().out


async def test_the_job_comes_with_the_order(postgres_url: str) -> None:
    store = await open_store(postgres_url)
    await store.migrate()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE orders (id integer)")
    names = {"holdfast": holdfast, "psycopg": psycopg, "DATABASE_URL": postgres_url, "send_invoice": send_invoice}
    exec(example("psycopg.connect"), names)
    page = await store.list_jobs(TENANT, JobFilter(), Scene(store, postgres_url).now, None, 10)
    await store.close()
    assert [(job.kind, job.payload) for job in page.items] == [("task:sdk.send_invoice", {"customer": "c-1"})]


async def test_the_test_in_the_guide_passes() -> None:
    scope: dict[str, Any] = {"send_invoice": send_invoice}
    exec(example("test_the_invoice_goes_out"), scope)
    await scope["test_the_invoice_goes_out_after_a_day"]()
