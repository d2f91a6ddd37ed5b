"""A node's params against its type's JSON Schema, as far as they are known before they are filled.

A place that holds an expression can't be judged: what the schema says at or below it is dropped, and checked by the
worker when the value is there.
"""

from collections.abc import Collection

from holdfast.model.graph import value_at
from holdfast.model.json import JSON, Path
from holdfast.model.node_spec import SchemaPort
from holdfast.model.validate.expressions import Expressions, templates
from holdfast.model.validate.nodes import ReadNode
from holdfast.model.validate.problems import Problems


def check_node(read: ReadNode, secrets: Collection[Path], expressions: Expressions) -> None:
    """Every expression of a node: its ``when``, its bare params, the templates in the others."""
    node, base = read.node, (*read.path, "params")
    if node.when is not None:
        expressions.check_bare(node.when, (*read.path, "when"), node.id)
    bare = dict(_bare_texts(read))
    for path, text in bare.items():
        expressions.check_bare(text, (*base, *path), node.id)
    allowed = [(*base, *path) for path in secrets]
    for path, text in templates(node.params, ()):
        if path not in bare:
            expressions.check_value(text, (*base, *path), node.id, allowed)


def check_params(read: ReadNode, schemas: SchemaPort, problems: Problems) -> None:
    """What the schema refuses, whatever the expressions will give."""
    if read.spec is None:
        return
    breaches = schemas.check(read.spec.params, read.node.params)
    if not breaches:
        return
    open_places = {path for path, _ in templates(read.node.params, ())} | {path for path, _ in _bare_texts(read)}
    for path, message in breaches:
        if not any(path[: len(place)] == place for place in open_places):
            problems.add((*read.path, "params", *path), message)


def _bare_texts(read: ReadNode) -> list[tuple[Path, str]]:
    found: list[tuple[Path, JSON]] = [(path, value_at(read.node.params, path)) for path in read.node.bare]
    return [(path, text) for path, text in found if isinstance(text, str)]
