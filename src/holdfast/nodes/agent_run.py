"""One attempt of ``agent``: the model is asked, its tools are run, until it has answered. It needs the extra ``ai``.

Everything is made for the attempt and closed with it. Each answer, and each piece of a streamed one, is a sign of life.
"""

import logging
from collections.abc import AsyncIterable, Callable
from contextlib import AsyncExitStack
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp
from pydantic_ai import Agent, ModelRetry, RunContext, StructuredDict, Tool
from pydantic_ai import ToolFailed as TellModel
from pydantic_ai.exceptions import AgentRunError, UserError
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.settings import ModelSettings
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.usage import RunUsage, UsageLimits
from yarl import URL

from holdfast.model.json import JSON, JSONObject, pointer
from holdfast.model.node_spec import SchemaPort
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.agent_failures import model_failure, unreachable_mcp
from holdfast.nodes.agent_model import Service, open_service
from holdfast.nodes.agent_params import DEFAULT_TURNS
from holdfast.nodes.agent_tools import AgentTool, ToolCalls, ToolFailed, WrongArguments, given_tools
from holdfast.nodes.agent_wire import open_client
from holdfast.nodes.http_session import Sessions
from holdfast.nodes.node import as_text, wrong_params
from holdfast.ports import NodeContext

# How often the model may correct one call of a tool, or its answer.
CORRECTIONS: Final = 2
_TOLD_BREACHES: Final = 5

# They would log addresses, which may carry credentials; and one brings a handler with a form of its own.
for _name in ("anthropic", "fastmcp", "httpx2", "mcp", "openai"):
    logging.getLogger(_name).setLevel(logging.WARNING)
logging.getLogger("fastmcp").handlers.clear()
logging.getLogger("fastmcp").propagate = True


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt is made with."""

    context: NodeContext
    params: JSONObject
    tools: list[AgentTool]
    schemas: SchemaPort
    sessions: Sessions

    async def session(self) -> aiohttp.ClientSession:
        return await self.sessions.of(self.context.tenant)

    def heard(self) -> None:
        if self.context.lifeline is not None:
            self.context.lifeline.beat()


async def run_agent(attempt: Attempt) -> Outcome:
    """Raises only what is a fault of this code, and ``CancelledError``."""
    usage = RunUsage()
    async with AsyncExitStack() as stack:
        try:
            service = open_service(attempt.params, attempt.session, attempt.heard)
            # The tools' own credentials go to the tools' hosts, not to the model's.
            sent: JSONObject = {name: value for name, value in attempt.params.items() if name != "tools"}
            attempt.context.check_host(URL(service.target).raw_host or "", sent)
        except ValueError as error:
            return wrong_params(str(error))
        await stack.enter_async_context(service.client)
        offered = await _open_servers(attempt, stack)
        outcome = offered if isinstance(offered, Failed) else await _ask(attempt, service, offered, usage)
    if isinstance(outcome, Failed) and usage.requests:
        details: JSONObject = {**outcome.error.details, "usage": _used(usage)}
        return replace(outcome, error=replace(outcome.error, details=details))
    return outcome


async def _ask(attempt: Attempt, service: Service, offered: list[AbstractToolset[None]], usage: RunUsage) -> Outcome:
    params = attempt.params
    turns = most if isinstance(most := params.get("max_turns"), int) else DEFAULT_TURNS
    try:
        agent = _agent(attempt, service, offered)
        result = await agent.run(
            as_text(params.get("prompt")),
            usage=usage,
            usage_limits=UsageLimits(request_limit=turns),
            event_stream_handler=_listen if params.get("stream") is True else None,
        )
    except UserError:
        return wrong_params("tools or output_schema: the model can't be told of them (is a tool's name used twice?)")
    except AgentRunError as error:
        return model_failure(error, service.target, turns)
    return Succeeded({"output": result.output, "usage": _used(result.usage)})


def _agent(attempt: Attempt, service: Service, offered: list[AbstractToolset[None]]) -> Agent[None, Any]:
    params, schema = attempt.params, attempt.params.get("output_schema")
    calls = ToolCalls(attempt.context, attempt.schemas)
    agent: Agent[None, Any] = Agent(
        service.model,
        output_type=StructuredDict(deepcopy(schema)) if isinstance(schema, dict) else str,
        instructions=as_text(params.get("system")) or None,
        deps_type=type(None),
        model_settings=_settings(params),
        retries=CORRECTIONS,
        tools=[_tool(tool, calls) for tool in attempt.tools],
        toolsets=offered,
    )
    if isinstance(schema, dict):
        agent.output_validator(_checking(schema, attempt.schemas))
    return agent


def _settings(params: JSONObject) -> ModelSettings:
    settings = ModelSettings()
    if isinstance(most := params.get("max_tokens"), int):
        settings["max_tokens"] = most
    if isinstance(heat := params.get("temperature"), int | float):
        settings["temperature"] = heat
    return settings


def _tool(tool: AgentTool, calls: ToolCalls) -> Tool[None]:
    async def run(**args: Any) -> JSON:
        try:
            return await calls.call(tool, args)
        except WrongArguments as error:
            raise ModelRetry(str(error)) from None
        except ToolFailed as error:
            raise TellModel(str(error)) from None

    return Tool[None].from_schema(run, tool.name, tool.description, deepcopy(tool.schema))


def _checking(schema: JSONObject, schemas: SchemaPort) -> Callable[[Any], Any]:
    """The libraries only see to it that the answer is an object."""

    def check(answer: Any) -> Any:
        if breaches := schemas.check(schema, answer):
            told = (f"{pointer(path) or 'the answer'}: {text}" for path, text in breaches[:_TOLD_BREACHES])
            raise ModelRetry("; ".join(told))
        return answer

    return check


async def _open_servers(attempt: Attempt, stack: AsyncExitStack) -> list[AbstractToolset[None]] | Failed:
    """The tools of the MCP servers, connected."""
    opened: list[AbstractToolset[None]] = []
    for number, server in enumerate(tool for tool in given_tools(attempt.params) if "mcp" in tool):
        address, given = as_text(server["mcp"]), server.get("headers")
        headers = {name: as_text(value) for name, value in given.items()} if isinstance(given, dict) else {}
        attempt.context.check_host(URL(address).raw_host or "", server)
        client = open_client(attempt.session, headers, attempt.heard)
        await stack.enter_async_context(client)
        toolset = MCPToolset[None](
            address, id=f"mcp-{number}", http_client=client, max_retries=CORRECTIONS, tool_error_behavior="failed"
        )
        try:
            await stack.enter_async_context(toolset)
        except Exception as error:
            return unreachable_mcp(error, str(URL(address).origin()))
        opened.append(_chosen(toolset, server))
    return opened


def _chosen(toolset: AbstractToolset[None], server: JSONObject) -> AbstractToolset[None]:
    only, prefix = server.get("only"), as_text(server.get("name"))
    if isinstance(only, list):
        toolset = toolset.filtered(lambda _, tool: tool.name in only)
    return toolset.prefixed(prefix) if prefix else toolset


async def _listen(_: RunContext[None], pieces: AsyncIterable[Any]) -> None:
    """The transport hears each piece; here they are only taken."""
    async for _piece in pieces:
        pass


def _used(usage: RunUsage) -> JSONObject:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "requests": usage.requests,
    }
