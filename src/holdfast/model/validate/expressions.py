"""The expressions of a definition: their syntax, and whether what they read can be there.

Each text is told at its own path. A read is a static path such as ``nodes.a.output``; what an expression selects by a
computed key can't be judged before it runs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.expression import ExpressionError, ExpressionErrors, compile_value, parse
from holdfast.model.graph_scope import NODE_FIELDS, ROOTS, RUN_FIELDS, TRIGGER_ROOTS, WORKFLOW_FIELDS
from holdfast.model.json import JSON, Path
from holdfast.model.validate.edges import Order
from holdfast.model.validate.nodes import ReadNode
from holdfast.model.validate.problems import Problems

# Names that exist, though not here: they parse, so that the message can say why.
_ELSEWHERE: Final = ("secrets", "item", "index")
_RUN_NAMES: Final = (*ROOTS, *_ELSEWHERE)
_TRIGGER_NAMES: Final = (*TRIGGER_ROOTS, *_ELSEWHERE)

Parsed = tuple[frozenset[tuple[str, ...]], tuple[ExpressionError, ...]]


@dataclass(frozen=True, slots=True)
class Names:
    """What the definition offers to its expressions. ``inputs`` is None when any field may be there."""

    nodes: Mapping[str, ReadNode]
    order: Order
    vars: Collection[str]
    inputs: Collection[str] | None


@dataclass(slots=True)
class Expressions:
    """Checks texts and reports what is wrong with them."""

    names: Names
    problems: Problems
    _rules: Mapping[str, Callable[[Path, tuple[str, ...], str | None, bool], None]] = field(init=False)
    # Big definitions repeat their short templates; parsing is the dearest part of a validation.
    _parsed: dict[tuple[str, tuple[str, ...]], Parsed] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._rules = {
            "nodes": self._node,
            "vars": self._var,
            "input": self._input,
            "run": self._run,
            "workflow": self._workflow,
            "secrets": self._secret,
            "item": self._item,
            "index": self._item,
        }

    def check_value(self, value: JSON, path: Path, reader: str | None = None, secrets: Collection[Path] = ()) -> None:
        """Every template in ``value``. ``reader`` is the node that reads, None for what is read when the run ends."""
        for at, text in templates(value, path):
            secret = any(at[: len(place)] == place for place in secrets)
            self._template(at, text, _RUN_NAMES, reader, secret)

    def check_trigger_input(self, value: JSON, path: Path) -> None:
        for at, text in templates(value, path):
            self._template(at, text, _TRIGGER_NAMES, None, False)

    def check_bare(self, text: str, path: Path, reader: str) -> None:
        """An expression without braces."""
        if text.lstrip().startswith("{{"):
            self.problems.add(path, "is an expression already: write it without {{ and }}")
            return
        try:
            reads = parse(text, _RUN_NAMES).reads
        except ExpressionError as error:
            self._tell(path, error)
            return
        self._judge(path, reads, reader, False)

    def _template(self, path: Path, text: str, names: tuple[str, ...], reader: str | None, secret: bool) -> None:
        if (text, names) not in self._parsed:
            self._parsed[text, names] = _parsed(text, names)
        reads, errors = self._parsed[text, names]
        for error in errors:
            self._tell(path, error)
        self._judge(path, reads, reader, secret)

    def _tell(self, path: Path, error: ExpressionError) -> None:
        self.problems.add(path, f"{error}, at character {error.position + 1}")

    # -- reads -------------------------------------------------------------------------------------------------------

    def _judge(self, path: Path, reads: Collection[tuple[str, ...]], reader: str | None, secret: bool) -> None:
        for read in sorted(reads):
            rule = self._rules.get(read[0])
            if rule is not None:
                rule(path, read, reader, secret)

    def _node(self, path: Path, read: tuple[str, ...], reader: str | None, secret: bool) -> None:
        if len(read) == 1:
            self.problems.add(path, "name the node that is read, as in nodes.<id>.output")
            return
        name = read[1]
        if name not in self.names.nodes:
            self.problems.add_unknown(path, "there is no node", name, self.names.nodes)
        elif len(read) == 2 or read[2] not in NODE_FIELDS:
            self.problems.add(path, f"read nodes.{name}.output or nodes.{name}.error; a node has nothing else")
        elif reader is not None and not self._can_precede(name, reader):
            message = f'reads the node "{name}", which can\'t have run before "{reader}": no path of edges leads there'
            self.problems.add(path, message)

    def _can_precede(self, name: str, reader: str) -> bool:
        order = self.names.order
        return not order.complete or order.precedes(name, reader)

    def _var(self, path: Path, read: tuple[str, ...], reader: str | None, secret: bool) -> None:
        self._one_of(path, read, self.names.vars, "vars has no")

    def _input(self, path: Path, read: tuple[str, ...], reader: str | None, secret: bool) -> None:
        if self.names.inputs is not None:
            self._one_of(path, read, self.names.inputs, "the input schema has no property")

    def _run(self, path: Path, read: tuple[str, ...], reader: str | None, secret: bool) -> None:
        self._one_of(path, read, RUN_FIELDS, "run has no")

    def _workflow(self, path: Path, read: tuple[str, ...], reader: str | None, secret: bool) -> None:
        self._one_of(path, read, WORKFLOW_FIELDS, "workflow has no")

    def _one_of(self, path: Path, read: tuple[str, ...], known: Collection[str], what: str) -> None:
        if len(read) > 1 and read[1] not in known:
            self.problems.add_unknown(path, what, read[1], known)

    def _secret(self, path: Path, read: tuple[str, ...], reader: str | None, secret: bool) -> None:
        if secret:
            self.problems.add(path, "secrets are not available yet")
        else:
            self.problems.add(
                path, "a secret can't stand here: only params that the node type marks for secrets take one"
            )

    def _item(self, path: Path, read: tuple[str, ...], reader: str | None, secret: bool) -> None:
        self.problems.add(path, f"{read[0]} exists only inside a map or a loop, and these are not available yet")


def _parsed(text: str, names: Collection[str]) -> Parsed:
    try:
        return compile_value(text, names).reads, ()
    except ExpressionErrors as errors:
        return frozenset(), tuple(error for _, error in errors)


def templates(value: JSON, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts in ``value`` that hold a template, each with its path, in the document's order."""
    stack: list[tuple[Path, JSON]] = [(path, value)]
    while stack:
        at, part = stack.pop()
        match part:
            case str():
                if "{{" in part:
                    yield at, part
            case dict():
                stack.extend(((*at, key), inner) for key, inner in reversed(part.items()))
            case list():
                stack.extend(((*at, index), part[index]) for index in reversed(range(len(part))))
