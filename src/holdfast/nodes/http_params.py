"""The parameters of ``http.request`` as the forms and the validation see them."""

from typing import Any, Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import SECRET_MARK
from holdfast.nodes import connection, http_auth, http_body, http_pages
from holdfast.nodes.http_auth import HEADER_NAME
from holdfast.nodes.node import DURATION_PATTERN, DURATION_RULE, object_schema

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
DEFAULT_MAX_BYTES: Final = 8 * 1024 * 1024
MOST_BYTES: Final = 64 * 1024 * 1024

_SCALAR: Final = {"type": ["string", "number", "boolean"]}
_HEADER_VALUE: Final = {
    "type": ["string", "number", "boolean"],
    "pattern": r"^[^\r\n\x00]*$",
    "x-holdfast-message": "expected a text without line breaks",
}


_REQUEST: Final[dict[str, Any]] = {
    "method": {"type": "string", "title": "Method", "enum": list(METHODS), "default": "GET"},
    "url": {
        "type": "string",
        "title": "Address",
        "description": "An absolute http or https address; after the base address of a connection, what begins with /.",
        "pattern": "^([Hh][Tt][Tt][Pp][Ss]?://[^/?#]|/)",
        "maxLength": 8192,
        "x-holdfast-message": "expected an absolute address that starts with http:// or https://",
        "examples": ["https://crm.example.com/enrich"],
        SECRET_MARK: True,
    },
    "headers": {
        "type": "object",
        "title": "Headers",
        "propertyNames": {"pattern": HEADER_NAME},
        "additionalProperties": _HEADER_VALUE,
        "examples": [{"Accept": "application/json"}],
        SECRET_MARK: True,
    },
    "query": {
        "type": "object",
        "title": "Query",
        "description": "Added to the address; a list repeats its key, null leaves it out.",
        "additionalProperties": {"type": ["string", "number", "boolean", "null", "array"], "items": _SCALAR},
        "examples": [{"page": 2}],
        SECRET_MARK: True,
    },
    "auth": http_auth.SCHEMA,
    "connection": connection.param("http", "Whose credentials are sent along, in the place of auth."),
}

_ANSWER: Final[dict[str, Any]] = {
    "expect": {
        "type": "array",
        "title": "Expected statuses",
        "description": "Statuses of 400 and above that are no error: numbers, or classes such as 4xx.",
        "items": {
            "type": ["integer", "string"],
            "minimum": 100,
            "maximum": 599,
            "pattern": "^[1-5]xx$",
            "x-holdfast-message": "expected a status such as 404, or a class such as 4xx",
        },
        "examples": [[404], ["4xx"]],
    },
    "timeout": {
        "type": "string",
        "title": "Timeout",
        "description": "How long the whole exchange may take; the node's own timeout also holds.",
        "pattern": DURATION_PATTERN,
        "x-holdfast-message": DURATION_RULE,
        "examples": ["10s"],
    },
    "follow_redirects": {
        "type": "boolean",
        "title": "Follow redirects",
        "description": "Up to 5; headers of yours aren't sent on to another host.",
        "default": True,
    },
    "max_bytes": {
        "type": "integer",
        "title": "Largest answer",
        "description": "In bytes, unpacked, all pages together; a larger answer is an error.",
        "minimum": 1,
        "maximum": MOST_BYTES,
        "default": DEFAULT_MAX_BYTES,
    },
}

PARAMS: Final[JSONObject] = object_schema(
    {**_REQUEST, **http_body.PROPERTIES, **_ANSWER, "paginate": http_pages.SCHEMA},
    ("url",),
    allOf=[*http_body.ONE_BODY, *connection.RULES],
)
