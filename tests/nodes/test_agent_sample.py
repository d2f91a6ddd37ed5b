"""Agents in a whole engine: the sample of three of them, an agent whose tool is a workflow, a retry after a 429."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holdfast import settings
from holdfast.compose import build
from holdfast.definition_yaml import read_yaml
from holdfast.engine.engine import Engine
from holdfast.model.instant import MINUTE
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import RunRecord
from holdfast.samples import read_sample
from tests.support.openai_server import Asked, OpenAIServer, Reply, calls, refuses, says

SHOP = """
holdfast: 1
name: shop
vars: {{base_url: "{url}"}}
nodes:
  - id: ask
    type: agent
    params:
      model: openai:m
      base_url: "{{{{ vars.base_url }}}}"
      prompt: "{{{{ input.question }}}}"
      tools: [{{workflow: {tool}, name: stock, description: How many there are.}}]
    retry: {{max_attempts: 3, base_delay: 10ms}}
output: "{{{{ nodes.ask.output.output }}}}"
"""
STOCK = """
holdfast: 1
name: stock-of
input: {type: object, required: [article], properties: {article: {type: string}}}
nodes:
  - {id: look, type: transform, params: {value: {count: "{{ size(input.article) }}"}}}
output: "{{ nodes.look.output }}"
"""
TEAM = """
holdfast: 1
name: team
vars: {{base_url: "{url}"}}
nodes:
  - {{id: bull, type: agent, params: {{model: "openai:m", base_url: "{{{{ vars.base_url }}}}", prompt: For.}}}}
  - {{id: bear, type: agent, params: {{model: "openai:m", base_url: "{{{{ vars.base_url }}}}", prompt: Against.}}}}
  - {{id: both, type: merge}}
edges: [{{from: bull, to: both}}, {{from: bear, to: both}}]
output: "{{{{ [nodes.both.output.bull.output, nodes.both.output.bear.output] }}}}"
"""


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.chdir(tmp_path)
    built = await build(settings.load(database_url="memory:"), role="all")
    await built.start()
    yield built
    await built.stop()


async def run_of(engine: Engine, name: str, run_input: JSONObject) -> RunRecord:
    accepted = await engine.runs.start("default", name, run_input, correlation_id="agents")
    return await engine.runs.wait("default", accepted.id, MINUTE)


async def create(engine: Engine, text: str) -> None:
    await engine.workflows.create("default", read_yaml(text))


def play(asked: Asked) -> Reply:
    """Each of the three agents, told apart by its instructions."""
    system, prompt = asked.said("system"), asked.said("user")
    if "You write" in system:
        return says(f"{prompt.rpartition(': ')[2]} was never built. It ran on steam.")
    if "You check" in system:
        claims = [text.strip() for text in prompt.split(".") if text.strip()]
        judged = [{"claim": claim, "right": "never" in claim, "reason": "looked it up"} for claim in claims]
        return calls(("final_result", {"claims": judged}))
    facts = json.loads(prompt)
    return says(f"{facts['topic']}: {'; '.join(facts['facts'])}.")


async def test_one_writes_one_checks_one_summarises(engine: Engine) -> None:
    async with OpenAIServer(play) as models:
        text = read_sample("fact-check")
        assert "http://127.0.0.1:11434/v1" in text
        await create(engine, text.replace("http://127.0.0.1:11434/v1", models.url))
        run = await run_of(engine, "fact-check", {"topic": "The analytical engine"})
    output: JSON = {
        "summary": "The analytical engine: The analytical engine was never built.",
        "claims": 2,
        "right": 1,
        "tokens": 20,
    }
    assert (run.state, run.output) == ("SUCCEEDED", output), run
    assert [asked.body["model"] for asked in models.asked] == ["llama3.2"] * 3


async def test_agents_work_side_by_side(engine: Engine) -> None:
    """Neither is answered before both have asked."""
    both = asyncio.Event()

    async def argue(asked: Asked) -> Reply:
        if len(models.asked) == 2:
            both.set()
        await both.wait()
        return says(f"{asked.said('user')}.")

    async with OpenAIServer(argue) as models:
        await create(engine, TEAM.format(url=models.url))
        run = await run_of(engine, "team", {})
    assert (run.state, run.output) == ("SUCCEEDED", ["For..", "Against.."]), run


async def test_an_agent_runs_a_workflow_and_a_retry_finds_the_run_that_it_started(engine: Engine) -> None:
    async with OpenAIServer() as models:
        models.replies = [
            calls(("stock", {"article": "cup"})),
            refuses(429, "rate_limit_exceeded", headers={"Retry-After": "0"}),
            calls(("stock", {"article": "cup"})),
            says("Three."),
        ]
        await create(engine, STOCK)
        await create(engine, SHOP.format(url=models.url, tool="stock-of"))
        run = await run_of(engine, "shop", {"question": "How many cups are there?"})
    assert (run.state, run.output) == ("SUCCEEDED", "Three."), run
    assert models.asked[3].said("tool") == '{"count":3}'
    called = (await engine.store.get_workflow("default", "stock-of")).id
    runs = [one for one in await all_runs(engine) if one.workflow_id == called]
    assert [(one.state, one.trigger["run"], one.trigger["node"]) for one in runs] == [("SUCCEEDED", run.id, "ask")]
    assert runs[0].correlation_id == "agents"


async def test_the_model_is_told_why_no_run_was_started(engine: Engine) -> None:
    async with OpenAIServer() as models:
        models.replies = [calls(("stock", {"article": 5})), says("I can't tell.")]
        await create(engine, STOCK)
        await create(engine, SHOP.format(url=models.url, tool="stock-of"))
        run = await run_of(engine, "shop", {"question": "How many?"})
    assert run.output == "I can't tell."
    assert "article" in models.asked[1].said("tool")


async def test_an_agent_that_calls_itself_comes_to_an_end(engine: Engine) -> None:
    def again(asked: Asked) -> Reply:
        heard = asked.said("tool")
        return says(heard) if heard else calls(("stock", {"question": "Again?"}))

    async with OpenAIServer(again) as models:
        await create(engine, SHOP.format(url=models.url, tool="shop"))
        run = await run_of(engine, "shop", {"question": "Again?"})
    assert run.state == "SUCCEEDED"
    assert "runs call each other more than 32 levels deep" in str(run.output)
    assert len(await all_runs(engine)) == 32


async def all_runs(engine: Engine) -> list[RunRecord]:
    now = await engine.store.clock()
    return list((await engine.store.list_runs("default", None, None, now, None, 100)).items)
