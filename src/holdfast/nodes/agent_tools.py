"""The tools of an ``agent`` that are HTTP requests or workflows: what the model may fill in, and what then happens.

The arguments are checked against their schema, which allows nothing that it doesn't name. In the request's address
``{argument}`` is filled in, below the host only and as a part of the path or the query that it can't leave; the other
arguments go to the query of a GET, HEAD or DELETE, else into the JSON body. What the author wrote can't be overwritten.
Each call has an idempotency key of its own, the same when a repeated attempt makes the same call.
"""

import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote

from holdfast.model.instant import MINUTE, Micros, parse_duration
from holdfast.model.json import JSON, JSONObject, pointer
from holdfast.model.node_spec import SchemaPort
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.agent_params import TOOL_BYTES
from holdfast.nodes.http_request import HttpRequest
from holdfast.nodes.node import as_text
from holdfast.ports import CallFailed, NodeContext, WorkflowCalls

_PLACE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_AUTHORITY: Final = re.compile(r"^[A-Za-z]+://[^/?#]*")
_IN_QUERY: Final = ("GET", "HEAD", "DELETE")
_DEFAULT_WAIT: Final[Micros] = 5 * MINUTE
_TOLD_BREACHES: Final = 5
_ANY_OBJECT: Final[JSONObject] = {"type": "object", "properties": {}, "additionalProperties": True}


class AgentReach(NamedTuple):
    """What agents need of the process that runs them. Without ``calls`` no workflow can be a tool."""

    schemas: SchemaPort
    calls: WorkflowCalls | None = None


class ToolFailed(Exception):
    """A tool couldn't do what it was asked; the model is told and goes on."""


class WrongArguments(ToolFailed):
    """The model may try again with other arguments."""


@dataclass(frozen=True, slots=True)
class AgentTool:
    """A tool as the model sees it, and what it does."""

    name: str
    description: str
    schema: JSONObject
    run: Callable[[NodeContext, JSONObject], Awaitable[JSON]]


class ToolCalls:
    """The tool calls of one attempt."""

    def __init__(self, context: NodeContext, schemas: SchemaPort) -> None:
        self._context = context
        self._schemas = schemas
        self._made: Counter[str] = Counter()

    async def call(self, tool: AgentTool, args: JSONObject) -> JSON:
        """What the tool gives. Raises ``ToolFailed``."""
        if breaches := self._schemas.check(tool.schema, args):
            told = "; ".join(f"{pointer(path) or 'the arguments'}: {text}" for path, text in breaches[:_TOLD_BREACHES])
            raise WrongArguments(told)
        said = json.dumps([tool.name, args], sort_keys=True, separators=(",", ":"))
        digest = sha256(said.encode()).hexdigest()[:16]
        self._made[digest] += 1
        key = f"{self._context.idempotency_key}-{digest}-{self._made[digest]}"
        return await tool.run(self._context._replace(idempotency_key=key), args)


async def read_tools(context: NodeContext, params: JSONObject, reach: AgentReach, http: HttpRequest) -> list[AgentTool]:
    """The tools of ``params`` but MCP servers. Raises ``ValueError``."""
    tools = [
        _request_tool(tool, http) if "request" in tool else await _workflow_tool(context, tool, reach.calls)
        for tool in given_tools(params)
        if "mcp" not in tool
    ]
    for tool in tools:
        if problems := reach.schemas.check_is_schema(tool.schema):
            raise ValueError(f"tools: {tool.name}: args isn't a usable schema: {problems[0][1]}")
    names = [tool.name for tool in tools]
    if len(set(names)) < len(names):
        raise ValueError("tools: two have the same name")
    return tools


def given_tools(params: JSONObject) -> list[JSONObject]:
    tools = params.get("tools")
    return [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []


def _request_tool(tool: JSONObject, http: HttpRequest) -> AgentTool:
    name, request = as_text(tool.get("name")), tool.get("request")
    if not isinstance(request, dict):
        raise ValueError(f"tools: {name}: request must be an object")
    schema = _closed(tool.get("args"))
    _check_places(name, as_text(request.get("url")), schema)

    async def run(context: NodeContext, args: JSONObject) -> JSON:
        outcome = await http.execute(context, filled_request(request, args))
        if isinstance(outcome, Succeeded) and isinstance(outcome.result, dict):
            return _worth_reading(outcome.result)
        raise ToolFailed(outcome.error.message if isinstance(outcome, Failed) else "no answer")

    return AgentTool(name, as_text(tool.get("description")), schema, run)


async def _workflow_tool(context: NodeContext, tool: JSONObject, calls: WorkflowCalls | None) -> AgentTool:
    workflow = as_text(tool.get("workflow"))
    name = as_text(tool.get("name")) or re.sub("^(?=[0-9])", "_", workflow)[:64]
    timeout = parse_duration(as_text(tool["timeout"])) if "timeout" in tool else _DEFAULT_WAIT
    if calls is None:
        raise ValueError(f"tools: {name}: no workflow can be run from here")

    async def run(context: NodeContext, args: JSONObject) -> JSON:
        try:
            return await calls.call(context, workflow, args, timeout)
        except CallFailed as error:
            raise ToolFailed(str(error)) from None

    schema = _closed(tool["args"]) if "args" in tool else await _input_schema(context, name, workflow, calls)
    return AgentTool(name, as_text(tool.get("description")), schema, run)


async def _input_schema(context: NodeContext, name: str, workflow: str, calls: WorkflowCalls) -> JSONObject:
    """What the workflow itself asks for."""
    try:
        schema = await calls.input_schema(context, workflow)
    except CallFailed as error:
        raise ValueError(f"tools: {name}: {error}") from None
    return schema if isinstance(schema, dict) and schema.get("type") == "object" else _ANY_OBJECT


def _closed(schema: JSON) -> JSONObject:
    """The schema, which allows nothing more than it names unless it says so."""
    if not isinstance(schema, dict):
        return {"type": "object", "properties": {}, "additionalProperties": False}
    return {"additionalProperties": False, **schema}


def _check_places(name: str, url: str, schema: JSONObject) -> None:
    authority = _AUTHORITY.match(url)
    if authority is None or "{" in authority[0]:
        raise ValueError(f"tools: {name}: the host of its address must be given")
    properties, required = schema.get("properties"), schema.get("required")
    for place in _PLACE.findall(url):
        if not isinstance(properties, dict) or place not in properties:
            raise ValueError(f"tools: {name}: {{{place}}} in its address is no argument of it")
        if not isinstance(required, list) or place not in required:
            raise ValueError(f"tools: {name}: {{{place}}} in its address must be a required argument")


def filled_request(request: JSONObject, args: JSONObject) -> JSONObject:
    """The ``http.request`` params of one call. Raises ``WrongArguments``."""
    url = as_text(request.get("url"))
    placed = set(_PLACE.findall(url))
    address = _PLACE.sub(lambda match: quote(as_text(args[match[1]]), safe=""), url)
    path = re.split("[?#]", _AUTHORITY.sub("", address), maxsplit=1)[0]
    if placed and any(part in (".", "..") for part in path.split("/")):
        raise WrongArguments("an argument can't be . or .. in the address")
    filled: JSONObject = {"max_bytes": TOOL_BYTES, **request, "url": address}
    rest: JSONObject = {name: value for name, value in args.items() if name not in placed}
    if not rest:
        return filled
    into = "query" if request.get("method", "GET") in _IN_QUERY else "json"
    written = request.get(into)
    if into == "query":
        rest = {name: value if isinstance(value, list) else as_text(value) for name, value in rest.items()}
    filled[into] = {**rest, **(written if isinstance(written, dict) else {})}
    return filled


def _worth_reading(output: JSONObject) -> JSONObject:
    """The answer without its headers, and once."""
    body = "text" if output.get("json") is None else "json"
    return {"status": output.get("status"), body: output.get(body)}
