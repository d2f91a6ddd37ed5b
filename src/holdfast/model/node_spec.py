"""What a node kind tells the model: its ports, its parameters' JSON Schema and its defaults.

Marks of ours may stand in the schema, wherever a chain of ``properties`` leads to them:

- ``x-holdfast-expression: true``: the text is an expression without braces, such as ``if.condition``.
- ``x-holdfast-each: "items"``: an expression that is evaluated for each element of that sibling, with ``item`` and
  ``index``; the handler gets the list of what it gave (``filter.condition``).
- ``x-holdfast-cases: true``: an object of named expressions; the handler gets the name of the first that is true, or
  null (``switch.cases``). The names are ports of the node, beside those of the spec.
- ``x-holdfast-later: true``: an expression that the handler gets as it stands, for evaluation later (``loop.until``).
  Besides what the node sees it may name ``item`` and ``index`` in a kind with a body, else ``event``; a list of names
  in the place of ``true`` says the only ones that it may name (``http.request``'s pages).
- ``x-holdfast-body: true``: a graph of its own, which the handler doesn't get (``map.body``).
- ``x-holdfast-secret: true``: the value may hold ``secrets.NAME``.
- ``x-holdfast-plain: true``: the value is as it stands, never an expression: the name of a connection.

``SchemaPort`` is JSON Schema as the model needs it; the adapter lies outside.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from holdfast.model.instant import HOUR, Micros
from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.retry import NODE_POLICY, RetryPolicy

EXPRESSION_MARK: Final = "x-holdfast-expression"
EACH_MARK: Final = "x-holdfast-each"
CASES_MARK: Final = "x-holdfast-cases"
LATER_MARK: Final = "x-holdfast-later"
BODY_MARK: Final = "x-holdfast-body"
SECRET_MARK: Final = "x-holdfast-secret"
PLAIN_MARK: Final = "x-holdfast-plain"
ERROR_PORT: Final = "error"
OUT_PORT: Final = "out"


class SchemaPort(Protocol):
    """JSON Schema. Both calls answer (path inside the value, sentence) for every breach; an empty list: all is well."""

    def check(self, schema: JSON, value: JSON) -> list[tuple[Path, str]]:
        """The breaches of a valid ``schema`` by ``value``. Schemas live long: compile each once."""
        ...

    def check_is_schema(self, schema: JSON) -> list[tuple[Path, str]]:
        """Why ``schema`` isn't a usable schema (bad keywords, references that can't be followed)."""
        ...


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node kind. ``params`` is the JSON Schema of the filled parameters; ``timeout`` is that of one attempt.

    ``inline``: its handler never waits for anything, so a worker steps it in place instead of making a task for it.
    ``gathers``: its handler gets the outputs of the nodes before it, by id, as the parameter ``inputs`` (``merge``).
    ``own``: it isn't of the library.
    """

    type: str
    title: str = ""
    description: str = ""
    icon: str = ""
    category: str = ""
    params: JSONObject = field(default_factory=dict)
    ports: tuple[str, ...] = (OUT_PORT,)
    has_error: bool = True
    retry: RetryPolicy = NODE_POLICY
    timeout: Micros = HOUR
    inline: bool = False
    gathers: bool = False
    example: JSONObject = field(default_factory=dict)
    own: bool = False

    @property
    def all_ports(self) -> tuple[str, ...]:
        return (*self.ports, ERROR_PORT) if self.has_error else self.ports

    @property
    def expression_paths(self) -> tuple[Path, ...]:
        """The parameters that are expressions without braces."""
        return tuple(marked(self.params, EXPRESSION_MARK))

    @property
    def secret_paths(self) -> tuple[Path, ...]:
        """The parameters that may hold secrets, at or below these places."""
        return tuple(marked(self.params, SECRET_MARK))


def marked(schema: JSON, mark: str, path: Path = ()) -> Iterator[Path]:
    """The places of ``schema``'s object that carry ``mark``, found along ``properties``."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return
    for name, inner in properties.items():
        if isinstance(inner, dict) and inner.get(mark) is True:
            yield (*path, name)
        else:
            yield from marked(inner, mark, (*path, name))
