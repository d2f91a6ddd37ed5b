"""The parameters of ``agent`` as the forms and the validation see them."""

from typing import Any, Final

from holdfast.model.instant import MINUTE
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import SECRET_MARK, NodeSpec
from holdfast.nodes.connection import param
from holdfast.nodes.http_auth import HEADER_NAME
from holdfast.nodes.http_params import PARAMS as HTTP_PARAMS
from holdfast.nodes.node import WORKFLOW_PATTERN, duration_schema, object_schema

TOOL_NAME: Final = "^[A-Za-z_][A-Za-z0-9_-]{0,63}$"
DEFAULT_TURNS: Final = 20
# What a tool's answer may have, in bytes, unless its request says otherwise: a model reads all of it.
TOOL_BYTES: Final = 256 * 1024
_ADDRESS: Final = {
    "type": "string",
    "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]",
    "maxLength": 8192,
    "x-holdfast-message": "expected an absolute address that starts with http:// or https://",
}

_OBJECT_SCHEMA: Final = {"type": "object", "properties": {"type": {"const": "object"}}, "required": ["type"]}
_ARGS: Final = {
    **_OBJECT_SCHEMA,
    "title": "Arguments",
    "description": "The JSON Schema of an object: what the model fills in.",
    "x-holdfast-message": "expected a JSON Schema with type: object",
}
_NAME: Final = {
    "type": "string",
    "pattern": TOOL_NAME,
    "x-holdfast-message": "expected letters, digits, _ and -, starting with a letter",
}
_DESCRIPTION: Final = {"type": "string", "description": "What it does, for the model.", "maxLength": 2_000}


def _request() -> JSONObject:
    properties = HTTP_PARAMS["properties"]
    assert isinstance(properties, dict)
    kept = {name: inner for name, inner in properties.items() if name != "paginate"}
    return object_schema(kept, ("url",), description="As http.request has it; {argument} in the address is filled in.")


_TOOL: Final[dict[str, Any]] = object_schema(
    {
        "name": _NAME,
        "description": _DESCRIPTION,
        "args": _ARGS,
        "request": _request(),
        "workflow": {"type": "string", "pattern": WORKFLOW_PATTERN, "description": "The workflow that is run."},
        "mcp": {
            **_ADDRESS,
            "description": "The address of an MCP server (streamable HTTP).",
        },
        "headers": {
            "type": "object",
            "description": "Sent to the MCP server.",
            "propertyNames": {"pattern": HEADER_NAME},
            "additionalProperties": {"type": "string", "pattern": r"^[^\r\n\x00]*$"},
        },
        "only": {"type": "array", "items": {"type": "string"}, "description": "The server's tools that are offered."},
        "timeout": duration_schema("Timeout", "How long the workflow is waited for.", "30s", default="5m"),
    },
    oneOf=[
        {"required": ["request", "name"], "not": {"anyOf": [{"required": ["workflow"]}, {"required": ["mcp"]}]}},
        {"required": ["workflow"], "not": {"anyOf": [{"required": ["request"]}, {"required": ["mcp"]}]}},
        {"required": ["mcp"], "not": {"anyOf": [{"required": ["request"]}, {"required": ["workflow"]}]}},
    ],
)
_TOOL_RULE: Final = "give a tool one of request (with a name), workflow and mcp"

_MODEL: Final[dict[str, Any]] = {
    "model": {
        "type": "string",
        "title": "Model",
        "description": "provider:name. The providers are openai, which with base_url is any service that speaks its "
        "protocol, and anthropic.",
        "pattern": "^(openai|anthropic):.{1,200}$",
        "x-holdfast-message": "expected openai:… or anthropic:…",
        "examples": ["openai:gpt-5-mini", "anthropic:claude-sonnet-5"],
    },
    "base_url": {
        **_ADDRESS,
        "title": "Address of the service",
        "description": "The provider's own, unless given.",
        "examples": ["http://127.0.0.1:11434/v1"],
        SECRET_MARK: True,
    },
    "api_key": {
        "type": "string",
        "title": "API key",
        "description": "Needed for the providers' own services.",
        "pattern": r"^[\x21-\x7E]+$",
        "x-holdfast-message": "expected a text without spaces",
        SECRET_MARK: True,
    },
    "connection": param("llm", "The service and its key, in the place of address and key."),
    "temperature": {"type": "number", "title": "Temperature", "minimum": 0, "maximum": 2},
    "max_tokens": {"type": "integer", "title": "Longest answer", "description": "In tokens, per turn.", "minimum": 1},
}

_TASK: Final[dict[str, Any]] = {
    "prompt": {"title": "Prompt", "description": "What it shall do.", "examples": ["Write about {{ input.topic }}."]},
    "system": {"title": "Instructions", "description": "Who it is and how it works.", "examples": ["You check facts."]},
    "tools": {
        "type": "array",
        "title": "Tools",
        "description": "HTTP requests, workflows and MCP servers that it may use.",
        "items": {**_TOOL, "x-holdfast-message": _TOOL_RULE},
        "maxItems": 64,
        "examples": [[{"workflow": "enrich-person", "description": "What is known of a person."}]],
        SECRET_MARK: True,
    },
    "output_schema": {
        **_OBJECT_SCHEMA,
        "title": "Output schema",
        "description": "The JSON Schema of an object; the output has this form. Without, it is a text.",
        "x-holdfast-message": "expected a JSON Schema with type: object",
    },
}

_BOUNDS: Final[dict[str, Any]] = {
    "max_turns": {
        "type": "integer",
        "title": "Most turns",
        "description": "How often the model may be asked.",
        "minimum": 1,
        "maximum": 200,
        "default": DEFAULT_TURNS,
    },
    "stream": {
        "type": "boolean",
        "title": "Stream",
        "description": "Takes answers piece by piece; each piece is a sign of life.",
        "default": False,
    },
    "timeout": duration_schema("Timeout", "How long all of it may take.", "2m"),
}

SPEC: Final = NodeSpec(
    type="agent",
    title="AI agent",
    description="Asks a language model, which may use tools, for a text or for an object of a given form.",
    icon="bot",
    category="AI",
    timeout=10 * MINUTE,
    params=object_schema({**_MODEL, **_TASK, **_BOUNDS}, ("model", "prompt")),
    example={
        "model": "openai:gpt-5-mini",
        "api_key": "an-example-key",
        "prompt": "Write two sentences about Ada Lovelace.",
        "max_turns": 5,
    },
)
