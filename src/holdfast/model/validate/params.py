"""A node's params against its type's JSON Schema, as far as they are known before they are filled.

A place that holds an expression can't be judged: what the schema says at or below it is dropped, and checked by the
worker when the value is there. Places that the schema marks take text only, or a graph; what is there instead is told
here, in the place of what the schema says of the filled value.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from holdfast.model.graph import value_at
from holdfast.model.json import JSON, Path, pointer
from holdfast.model.node_spec import ERROR_PORT, OUT_PORT, SchemaPort
from holdfast.model.validate.alone import templates
from holdfast.model.validate.expressions import Expressions
from holdfast.model.validate.fields import PORT
from holdfast.model.validate.problems import Problems, kind_of
from holdfast.model.validate.reading import ReadNode
from holdfast.model.validate.scope import Place, Scope

MOST_CASES: Final = 100


def check_node(read: ReadNode, scope: Scope, expressions: Expressions) -> None:
    """Every expression of a node: its ``when``, its marked params, the templates in the others."""
    node, base = read.node, (*read.path, "params")
    if node.when is not None:
        expressions.check_bare(node.when, (*read.path, "when"), Place(scope, node.id))
    place = Place(
        scope, node.id, is_param=True, secrets=tuple(pointer(("params", *path)) for path in read.marks.secret)
    )
    marked: dict[Path, JSON] = {}
    for path, text in _bare_texts(read):
        marked[path] = text
        expressions.check_bare(text, (*base, *path), place)
    if node.each or node.cases or node.later:
        marked |= _check_marked(read, place, expressions)
    allowed = [(*base, *path) for path in read.marks.secret]
    for path, text in templates(node.params, ()):
        if path not in marked:
            expressions.check_value(text, (*base, *path), place, allowed)


def _check_marked(read: ReadNode, place: Place, expressions: Expressions) -> dict[Path, JSON]:
    """The expressions that are more than a value of their own: for each item, named, for later."""
    marks, params = read.marks, read.node.params
    found = [(path, value_at(params, path), replace(place, items=True)) for path, _ in marks.each]
    for later in marks.later:
        where = Place(place.scope, place.reader, names=later.names, only_names=later.only)
        found.append((later.path, value_at(params, later.path), where))
    for path in marks.cases:
        cases = value_at(params, path)
        _check_cases(read, path, cases, expressions.problems)
        if isinstance(cases, dict):
            found += [((*path, name), text, place) for name, text in cases.items()]
    for path, text, where in found:
        at = (*read.path, "params", *path)
        if isinstance(text, str):
            expressions.check_bare(text, at, where)
        elif path[:-1] in marks.cases or _is_there(params, path):
            expressions.problems.add(at, f"expected an expression, not {kind_of(text)}")
    return {path: text for path, text, _ in found}


def _check_cases(read: ReadNode, path: Path, cases: JSON, problems: Problems) -> None:
    """The names of cases are ports: they must be able to stand in an edge, and not be ports already."""
    at: Path = (*read.path, "params", *path)
    if not isinstance(cases, dict):
        if _is_there(read.params, path):
            problems.add(at, f"expected an object of named expressions, not {kind_of(cases)}")
        return
    taken = {OUT_PORT, ERROR_PORT, *(read.spec.all_ports if read.spec is not None else ())}
    if not 0 < len(cases) <= MOST_CASES:
        problems.add(at, f"needs 1 to {MOST_CASES} cases, and has {len(cases)}")
    for name in cases:
        if name in taken:
            problems.add((*at, name), f'"{name}" is the name of another port; choose another name for the case')
        elif PORT.fullmatch(name) is None:
            problems.add(
                (*at, name), "the name of a case must be 1 to 63 letters, digits, _ or -, and not begin with a digit"
            )


def _check_gathered(read: ReadNode, problems: Problems) -> None:
    """What a kind gathers from the nodes before it can't be given as well."""
    if read.node.gathers and "inputs" in read.params:
        message = "is filled with the outputs of the nodes before it: leave it out"
        problems.add((*read.path, "params", "inputs"), message)


def _check_plain(read: ReadNode, problems: Problems) -> None:
    """Whoever reads a definition sees what is used, whatever comes in."""
    for path, _ in templates(read.node.params, ()) if read.marks.plain else ():
        if path in read.marks.plain:
            problems.add((*read.path, "params", *path), "must be given as it is: it can't be an expression")


def check_params(read: ReadNode, schemas: SchemaPort, problems: Problems) -> None:
    """What the schema refuses, whatever the expressions will give."""
    if read.spec is None:
        return
    _check_gathered(read, problems)
    _check_plain(read, problems)
    breaches = schemas.check(read.spec.params, read.params)
    if not breaches:
        return
    open_places = {path for path, _ in templates(read.node.params, ())} | {path for path, _ in _bare_texts(read)}
    open_places |= set(_marked_places(read))
    for path, message in breaches:
        if not any(path[: len(place)] == place for place in open_places):
            problems.add((*read.path, "params", *path), message)


def _marked_places(read: ReadNode) -> Iterator[Path]:
    """The places whose content is judged here and not by the schema."""
    marks = read.marks
    if marks.body is not None:
        yield marks.body
    places = [*marks.cases, *(path for path, _ in marks.each), *(later.path for later in marks.later)]
    yield from (path for path in places if _is_there(read.params, path))


def _is_there(params: JSON, path: Path) -> bool:
    inner = value_at(params, path[:-1])
    return isinstance(inner, dict) and path[-1] in inner


def _bare_texts(read: ReadNode) -> list[tuple[Path, str]]:
    found: list[tuple[Path, JSON]] = [(path, value_at(read.node.params, path)) for path in read.node.bare]
    return [(path, text) for path, text in found if isinstance(text, str)]
