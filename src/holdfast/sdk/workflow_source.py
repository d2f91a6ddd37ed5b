"""A definition written as the Python that builds it: one statement for each node, and edges as chains.

What the short form can't say (an order of fields of its own, a name that isn't one of Python's) is written as the
document has it, so that the source always builds the same document, every field in its place.
"""

import builtins
import keyword
from collections.abc import Iterator
from typing import Any, Final

from holdfast.sdk.workflow import FORMAT, Body, Workflow, nodes_in
from holdfast.sdk.workflow_chains import Edge, chains
from holdfast.sdk.workflow_literals import Name, arguments, call, is_name, literal
from holdfast.sdk.workflow_parts import Node, plain

_PARTS: Final = ("triggers", "nodes", "edges")
_TAKEN: Final = frozenset({"wf", "Workflow", *dir(builtins), *keyword.kwlist, *keyword.softkwlist})
_METHODS: Final = frozenset({*dir(Workflow), *dir(Body)})
_NODE: Final = frozenset(dir(Node))


def source_of(document: dict[str, Any]) -> str:
    """The source; ``wf`` is the workflow in it."""
    lines = ["from holdfast import Workflow", ""]
    fields = {key: value for key, value in document.items() if key not in ("holdfast", "name")}
    if type(document.get("holdfast")) is not int or document["holdfast"] != FORMAT:
        lines.append(call("wf = Workflow.from_dict", [(None, document)]))
    else:
        graph = _GraphSource("wf", fields, set(_TAKEN))
        lines += graph.statements(call_to="Workflow", given=document["name"], before=("holdfast", "name"))
        lines += graph.reordered(document)
    return "\n".join(lines) + "\n"


class _GraphSource:
    """The statements that build one graph, into the variable ``name``."""

    def __init__(self, name: str, fields: dict[str, Any], taken: set[str]) -> None:
        self._name = name
        self._fields = fields
        self._taken = taken
        self._names = self._variables()
        self._built: list[str] = []

    def statements(self, *, call_to: str, given: str | None = None, before: tuple[str, ...] = ()) -> Iterator[str]:
        """The call that begins it, its parts in order, and the fields between and after them."""
        self._built += before
        rest = dict(self._fields)
        yield self._with_fields(f"{self._name} = {call_to}", rest, [] if given is None else [(None, given)])
        while rest:
            part = "nodes" if "nodes" in rest and next(iter(rest)) == "edges" else next(iter(rest))
            self._built.append(part)
            value = rest.pop(part)
            yield from {"triggers": self._triggers, "nodes": self._nodes, "edges": self._edges}[part](value)
            if rest and not self._is_part(next(iter(rest)), rest):
                yield self._with_fields(f"{self._name}.set", rest, [])

    def reordered(self, document: dict[str, Any]) -> Iterator[str]:
        """The statement that puts fields into the document's order, if they aren't."""
        if self._built != list(document):
            yield call(f"{self._name}.reorder", [(None, key) for key in document])

    # -- fields ------------------------------------------------------------------------------------------------------

    def _with_fields(self, head: str, rest: dict[str, Any], given: list[tuple[str | None, Any]]) -> str:
        """A call with the fields up to the next part, which are taken out of ``rest``."""
        taken: dict[str, Any] = {}
        while rest and not self._is_part(key := next(iter(rest)), rest):
            taken[key] = rest.pop(key)
        self._built += taken
        return call(head, [*given, *arguments(taken)])

    def _is_part(self, key: str, fields: dict[str, Any]) -> bool:
        """Whether a field is written by statements of its own; what isn't as it should be is written as it is."""
        value = fields[key]
        if key not in _PARTS or not isinstance(value, list) or not value or not all(isinstance(x, dict) for x in value):
            return False
        if key == "triggers":
            return self._name == "wf" and all(_begins(item, "id", "type") for item in value)
        if key == "nodes":
            ids = [item.get("id") for item in [*value, *nodes_in(self._fields.get("steps"))]]
            return all(isinstance(each, str) for each in ids) and len(set(ids)) == len(ids)
        return True

    # -- parts -------------------------------------------------------------------------------------------------------

    def _triggers(self, triggers: list[dict[str, Any]]) -> Iterator[str]:
        for trigger in triggers:
            more = _without(trigger, "id", "type")
            yield call(f"{self._name}.trigger", [(None, trigger["id"]), (None, trigger["type"]), *arguments(more)])

    def _nodes(self, nodes: list[dict[str, Any]]) -> Iterator[str]:
        for entry in nodes:
            shown, body = self._with_body(entry)
            yield from body
            made = self._node(shown)
            variable = self._names.get(entry["id"])
            yield made if variable is None else f"{variable} = {made}"

    def _node(self, entry: dict[str, Any]) -> str:
        if not _begins(entry, "id", "type"):
            return call(f"{self._name}.add", [(None, entry)])
        name, kind, fields = entry["id"], entry["type"], _without(entry, "id", "type")
        params = fields.get("params")
        short = "params" not in fields or (next(iter(fields)) == "params" and isinstance(params, dict) and bool(params))
        if not short or not _is_attribute(kind):
            return call(f"{self._name}.node", [(None, name), (None, kind), *arguments(fields)])
        path = ".".join(_spelled(word) for word in kind.split("."))
        made = call(f"{self._name}.{path}", [(None, name), *_params(params or {})])
        options = _without(fields, "params")
        return call(f"{made}.set", arguments(options)) if options else made

    def _with_body(self, entry: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The node with a variable in the place of its body, and the statements that build that."""
        params = entry.get("params")
        body = params.get("body") if isinstance(params, dict) else None
        if not _begins(entry, "id", "type") or not isinstance(params, dict) or not isinstance(body, dict):
            return entry, []
        if not isinstance(body.get("nodes", body.get("steps")), list) or not all(is_name(key) for key in body):
            return entry, []
        variable = self._free(f"{entry['id']}_body")
        inner = _GraphSource(variable, body, self._taken)
        lines = [*inner.statements(call_to="wf.body"), *inner.reordered(body)]
        return {**entry, "params": {**params, "body": Name(variable)}}, lines

    def _edges(self, edges: list[dict[str, Any]]) -> Iterator[str]:
        row: list[Edge] = []
        for entry in edges:
            edge = self._edge(entry)
            if edge is not None:
                row.append(edge)
                continue
            yield from chains(row)
            row = []
            yield call(f"{self._name}.edge", [(None, entry)])
        yield from chains(row)

    def _edge(self, entry: dict[str, Any]) -> Edge | None:
        """An edge that ``>>`` can write."""
        if list(entry) != ["from", "to"] or not all(isinstance(end, str) for end in entry.values()):
            return None
        node, dot, port = entry["from"].partition(".")
        start, end = self._handle(node), self._handle(entry["to"])
        if start is None or end is None or (dot and not port):
            return None
        if not dot:
            return Edge(start, end)
        attribute = is_name(port) and not port.startswith("_") and port not in _NODE
        return Edge(f"{start}.{port}" if attribute else f"{start}.port({literal(port)})", end)

    # -- names -------------------------------------------------------------------------------------------------------

    def _handle(self, node: str) -> str | None:
        """How a node is written: a variable, or where it stands in the steps."""
        if node in self._names:
            return self._names[node]
        steps = {entry.get("id") for entry in nodes_in(self._fields.get("steps"))}
        return f"{self._name}[{literal(node)}]" if node in steps else None

    def _variables(self) -> dict[str, str]:
        """A variable for each node that an edge touches."""
        nodes, edges = self._fields.get("nodes"), self._fields.get("edges")
        if not isinstance(edges, list) or "nodes" not in self._fields or not self._is_part("nodes", self._fields):
            return {}
        ends = [
            str(edge.get(key)).partition(".")[0] for edge in edges if isinstance(edge, dict) for key in ("from", "to")
        ]
        known = [entry["id"] for entry in nodes or () if is_name(entry["id"]) or keyword.iskeyword(entry["id"])]
        return {node: self._free(node) for node in known if node in set(ends)}

    def _free(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _begins(entry: dict[str, Any], *keys: str) -> bool:
    return list(entry)[: len(keys)] == list(keys) and all(isinstance(entry[key], str) for key in keys)


def _without(fields: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in keys}


def _params(params: dict[str, Any]) -> list[tuple[str | None, Any]]:
    """Params as keyword arguments, or all of them in one object."""
    spelled = {_spelled(key): value for key, value in params.items()}
    if all(is_name(name) and plain(name) == key for name, key in zip(spelled, params, strict=False)):
        return list(spelled.items())
    return [(None, params)]


def _spelled(word: str) -> str:
    return f"{word}_" if keyword.iskeyword(word) else word


def _is_attribute(kind: str) -> bool:
    """Whether ``wf.<kind>`` is this kind."""
    words = [_spelled(word) for word in kind.split(".")]
    good = all(is_name(word) and not word.startswith("_") and plain(word) == raw
               for word, raw in zip(words, kind.split("."), strict=True))  # fmt: skip
    return good and words[0] not in _METHODS
