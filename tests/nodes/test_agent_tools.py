"""The tools of ``agent``: HTTP requests, workflows and MCP servers, called by a model that a local server plays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from aiohttp import web
from mcp.server.mcpserver import MCPServer

from holdfast.model.instant import SECOND, Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.agent import AiAgent
from holdfast.nodes.agent_params import SPEC
from holdfast.nodes.agent_tools import AgentReach, WrongArguments, filled_request
from holdfast.ports import CallFailed, NodeContext
from holdfast.schema import JsonSchemas
from tests.nodes.conftest import OpenSession, Serve
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.ports import LOOPBACK, free_port
from tests.support.waiting import eventually

CITY: JSONObject = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Called:
    """Stands where the engine does; the engine's own is tested with the engine."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, JSON, Micros]] = []

    async def input_schema(self, context: NodeContext, workflow: str) -> JSON:
        if workflow == "unknown":
            raise CallFailed("there is no workflow unknown")
        return CITY if workflow == "of-a-city" else None

    async def call(self, context: NodeContext, workflow: str, run_input: JSON, timeout: Micros) -> JSON:
        self.made.append((context.idempotency_key, workflow, run_input, timeout))
        if workflow == "broken":
            raise CallFailed("the run r of broken ended FAILED")
        return {"company": "Analytical Engines"}


@pytest.fixture
async def models() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
def called() -> Called:
    return Called()


@pytest.fixture
def node(open_session: OpenSession, called: Called) -> AiAgent:
    return AiAgent(open_session(), AgentReach(JsonSchemas(), called))


def params(models: OpenAIServer, *tools: JSONObject) -> JSONObject:
    given: JSONObject = {"model": "openai:m", "base_url": models.url, "prompt": "Go.", "tools": list(tools)}
    assert JsonSchemas().check(SPEC.params, given) == []
    return given


async def answer(node: AiAgent, context: NodeContext, given: JSONObject) -> JSON:
    outcome = await node.execute(context, given)
    assert isinstance(outcome, Succeeded), outcome
    assert isinstance(outcome.result, dict)
    return outcome.result["output"]


async def failure(node: AiAgent, context: NodeContext, given: JSONObject) -> Failed:
    outcome = await node.execute(context, given)
    assert isinstance(outcome, Failed), outcome
    return outcome


async def test_a_tool_is_an_http_request(
    node: AiAgent, models: OpenAIServer, serve: Serve, context: NodeContext
) -> None:
    seen: list[web.Request] = []

    async def weather(request: web.Request) -> web.Response:
        seen.append(request)
        return web.json_response({"degrees": 21})

    server = await serve(weather)
    tool: JSONObject = {
        "name": "weather",
        "description": "The weather of a city.",
        "args": {**CITY, "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
        "request": {"url": f"{server.make_url('/')}of/{{city}}?unit=c", "auth": {"type": "bearer", "token": "t"}},
    }
    models.replies = [calls(("weather", {"city": "Bad Ems/../x", "days": 2})), says("21 degrees")]
    assert await answer(node, context, params(models, tool)) == "21 degrees"
    (request,) = seen
    assert request.raw_path == "/of/Bad%20Ems%2F..%2Fx?unit=c&days=2"
    assert request.headers["Authorization"] == "Bearer t"
    assert request.headers["Idempotency-Key"].startswith("key-1-")
    offered = models.asked[0].body["tools"][0]["function"]
    assert (offered["name"], offered["description"]) == ("weather", "The weather of a city.")
    assert offered["parameters"]["properties"]["city"] == {"type": "string"}
    assert models.asked[1].said("tool") == '{"status":200,"json":{"degrees":21}}'


async def test_arguments_go_into_the_body_and_never_over_what_the_author_wrote() -> None:
    request: JSONObject = {"method": "POST", "url": "http://h/x", "json": {"account": "ours"}}
    assert filled_request(request, {"account": "theirs", "n": 1})["json"] == {"account": "ours", "n": 1}
    query = filled_request({"url": "http://h/x", "query": {"k": "ours"}}, {"k": "a", "f": True, "l": ["b"]})["query"]
    assert query == {"k": "ours", "f": "true", "l": ["b"]}
    assert filled_request({"url": "http://h/{a}?q={b}"}, {"a": "?x#y", "b": "1&c=2"})["url"] == (
        "http://h/%3Fx%23y?q=1%26c%3D2"
    )
    with pytest.raises(WrongArguments):
        filled_request({"url": "http://h/a/{p}/b"}, {"p": ".."})


async def test_the_same_call_of_a_repeated_attempt_has_the_same_key(
    node: AiAgent, models: OpenAIServer, called: Called, context: NodeContext
) -> None:
    tool: JSONObject = {"workflow": "enrich", "args": CITY, "timeout": "30s"}
    for _ in range(2):
        models.replies = [calls(("enrich", {"city": "Ulm"}), ("enrich", {"city": "Ulm"})), says("done")]
        assert await answer(node, context, params(models, tool)) == "done"
    keys = [key for key, *_ in called.made]
    assert len(set(keys[:2])) == 2
    assert set(keys[:2]) == set(keys[2:])
    assert called.made[0][1:] == ("enrich", {"city": "Ulm"}, 30 * SECOND)
    assert "Analytical Engines" in models.asked[1].said("tool")


async def test_the_model_is_told_what_went_wrong_and_goes_on(
    node: AiAgent, models: OpenAIServer, serve: Serve, context: NodeContext
) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=503)

    server = await serve(away)
    tools: list[JSONObject] = [
        {"name": "away", "request": {"url": str(server.make_url("/"))}},
        {"name": "broken", "workflow": "broken"},
    ]
    models.replies = [calls(("away", {}), ("broken", {"x": 1})), says("Nothing works.")]
    assert await answer(node, context, params(models, *tools)) == "Nothing works."
    told = models.asked[1].said("tool")
    assert "answered 503" in told
    assert "the run r of broken ended FAILED" in told


async def test_wrong_arguments_reach_nobody_and_may_be_corrected(
    node: AiAgent, models: OpenAIServer, called: Called, context: NodeContext
) -> None:
    models.replies = [
        calls(("enrich", {"city": 5})),
        calls(("enrich", {"city": "Ulm", "more": 1})),
        calls(("enrich", {"city": "Ulm"})),
        says("done"),
    ]
    assert await answer(node, context, params(models, {"workflow": "enrich", "args": CITY})) == "done"
    assert [made[2] for made in called.made] == [{"city": "Ulm"}]
    assert "city" in models.asked[1].said("tool")


async def test_a_workflow_says_itself_what_it_asks_for(
    node: AiAgent, models: OpenAIServer, called: Called, context: NodeContext
) -> None:
    models.replies = [calls(("of-a-city", {"town": "Ulm"})), calls(("of-a-city", {"city": "Ulm"})), says("done")]
    assert await answer(node, context, params(models, {"workflow": "of-a-city"})) == "done"
    assert models.asked[0].body["tools"][0]["function"]["parameters"]["required"] == ["city"]
    assert [made[2] for made in called.made] == [{"city": "Ulm"}]


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([{"name": "a", "request": {"url": "http://{city}/x"}, "args": CITY}], "tools: a: the host"),
        ([{"name": "a", "request": {"url": "http://h/{town}"}, "args": CITY}], "tools: a: {town} in its address is no"),
        ([{"name": "a", "request": {"url": "http://h/{c}"}, "args": {"type": "object", "properties": {"c": {}}}}],
         "tools: a: {c} in its address must be a required"),
        ([{"workflow": "w"}, {"name": "w", "request": {"url": "http://h/"}}], "tools: two have the same name"),
        ([{"workflow": "unknown"}], "tools: unknown: there is no workflow unknown"),
        ([{"workflow": "w", "args": {"type": "object", "required": 1}}], "tools: w: args isn't a usable schema"),
    ],
)  # fmt: skip
async def test_tools_that_never_work(
    tools: list[JSONObject], message: str, node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    failed = await failure(node, context, params(models, *tools))
    assert (failed.error.type, failed.final) == ("params", True)
    assert failed.error.message.startswith(message)
    assert models.asked == []


@pytest.mark.parametrize(
    "tool",
    [
        {},
        {"request": {"url": "http://h/"}},
        {"workflow": "w", "mcp": "http://h/"},
        {"name": "a b", "workflow": "w"},
        {"name": "a", "request": {"url": "http://h/", "unheard_of": 1}},
        {"mcp": "stdio"},
    ],
)
def test_tools_that_the_schema_refuses(tool: JSONObject) -> None:
    assert JsonSchemas().check(SPEC.params, {"model": "openai:m", "prompt": "", "tools": [tool]}) != []


# -- MCP --------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def mcp_server() -> AsyncIterator[str]:
    """A real MCP server of two tools on a free port; its address."""
    tools: Any = MCPServer("stock")

    @tools.tool()  # type: ignore[untyped-decorator]
    def stock(article: str) -> int:
        """How many there are."""
        if article == "ghost":
            raise ValueError("there is no such article")
        return len(article)

    @tools.tool()  # type: ignore[untyped-decorator]
    def burn(article: str) -> str:
        """Burns it."""
        return "burnt"

    port = free_port()
    config = uvicorn.Config(tools.streamable_http_app(), host=LOOPBACK, port=port, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield f"http://{LOOPBACK}:{port}/mcp"
    server.should_exit = True
    await task


async def test_a_tool_is_one_of_an_mcp_server(node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    async with mcp_server() as url:
        models.replies = [calls(("stock", {"article": "cup"}), ("stock", {"article": "ghost"})), says("3")]
        assert await answer(node, context, params(models, {"mcp": url})) == "3"
    assert models.asked[0].tools == {"stock", "burn"}
    told = models.asked[1].said("tool")
    assert "3" in told
    assert "Error executing tool stock" in told


async def test_only_some_tools_of_a_server_under_a_name(
    node: AiAgent, models: OpenAIServer, context: NodeContext
) -> None:
    async with mcp_server() as url:
        models.replies = [calls(("shop_stock", {"article": "cup"})), says("3")]
        await answer(node, context, params(models, {"mcp": url, "name": "shop", "only": ["stock"]}))
    assert models.asked[0].tools == {"shop_stock"}


async def test_an_mcp_server_that_is_not_there(node: AiAgent, models: OpenAIServer, context: NodeContext) -> None:
    failed = await failure(node, context, params(models, {"mcp": f"http://{LOOPBACK}:{free_port()}/mcp"}))
    assert (failed.error.type, failed.final) == ("mcp", False)
    assert models.asked == []


async def test_an_mcp_server_behind_the_guard(
    open_session: OpenSession, models: OpenAIServer, context: NodeContext
) -> None:
    node = AiAgent(open_session("public"), AgentReach(JsonSchemas()))
    failed = await failure(node, context, params(models, {"mcp": "http://127.0.0.1:9/mcp"}))
    assert (failed.error.type, failed.final) == ("address_not_allowed", True)
