"""The expressions of a definition: their syntax, and whether what they read can be there.

Each text is told at its own path. A read is a static path such as ``nodes.a.output``; what an expression selects by a
computed key can't be judged before it runs.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from holdfast.model.expression import ExpressionError, ExpressionErrors, compile_value, parse
from holdfast.model.expression.whole_reads import takes_apart
from holdfast.model.graph_scope import NODE_FIELDS, ROOTS, RUN_FIELDS, TRIGGER_ROOTS, WORKFLOW_FIELDS
from holdfast.model.json import JSON, Path
from holdfast.model.validate.alone import Known, Read, check_reads, tell, templates
from holdfast.model.validate.problems import Problems
from holdfast.model.validate.scope import Names, Place, judge_read
from holdfast.model.workflow import CALLBACK_TYPE

# Names that exist, though not everywhere: they parse, so that the message can say why.
_ELSEWHERE: Final = ("secrets", "item", "index")
_RUN_NAMES: Final = (*ROOTS, *_ELSEWHERE)
_EVENT: Final = "event"
_NOT_YET: Final = (*(root for root in ROOTS if root not in TRIGGER_ROOTS), _EVENT)
_TRIGGER_NAMES: Final = (*TRIGGER_ROOTS, *_NOT_YET, *_ELSEWHERE)
_CALLBACKS: Final = "callbacks"
SECRET_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_]{0,63}")
_WHOLE: Final = (
    "a secret can only be put into a text or chosen: functions, comparisons and indexes don't see its value; "
    "for Basic authentication give auth with type: basic"
)

Parsed = tuple[frozenset[Read], tuple[ExpressionError, ...]]


@dataclass(slots=True)
class Expressions:
    """Checks texts and reports what is wrong with them. A place of None is that of a trigger's input."""

    names: Names
    problems: Problems
    _rules: Mapping[str, Callable[[Path, Read, Place | None], None]] = field(init=False)
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

    def check_value(self, value: JSON, path: Path, place: Place, secrets: Collection[Path] = ()) -> None:
        """Every template in ``value``; those at or below the places of ``secrets`` may hold some."""
        for at, text in templates(value, path):
            secret = any(at[: len(allowed)] == allowed for allowed in secrets)
            self._template(at, text, _RUN_NAMES, replace(place, secret=True) if secret else place)

    def check_trigger_input(self, value: JSON, path: Path, known: Known) -> None:
        """What makes the input of a trigger, of which ``known`` is there."""
        for at, text in templates(value, path):
            check_reads(self._template(at, text, _TRIGGER_NAMES, None), at, known, self.problems)

    def check_bare(self, text: str, path: Path, place: Place) -> None:
        """An expression without braces."""
        if text.lstrip().startswith("{{"):
            self.problems.add(path, "is an expression already: write it without {{ and }}")
            return
        try:
            reads = parse(text, place.names if place.only_names else (*_RUN_NAMES, *place.names)).reads
        except ExpressionError as error:
            tell(error, path, self.problems)
            return
        if not place.only_names:
            self._judge(path, reads, place)

    def _template(self, path: Path, text: str, names: tuple[str, ...], place: Place | None) -> Collection[Read]:
        if (text, names) not in self._parsed:
            self._parsed[text, names] = _parsed(text, names)
        reads, errors = self._parsed[text, names]
        for error in errors:
            tell(error, path, self.problems)
        self._judge(path, reads, place)
        if place is not None and place.secret and any(read[0] == "secrets" for read in reads) and takes_apart(text):
            self.problems.add(path, _WHOLE)
        return reads

    # -- reads -------------------------------------------------------------------------------------------------------

    def _judge(self, path: Path, reads: Collection[Read], place: Place | None) -> None:
        for read in sorted(reads):
            rule = self._rules.get(read[0])
            if place is None and read[0] in _NOT_YET:
                self._not_yet(path, read[0])
            elif rule is not None:
                rule(path, read, place)

    def _not_yet(self, path: Path, root: str) -> None:
        """What a run has, or what only conditions see under that name."""
        there = " and ".join(TRIGGER_ROOTS)
        way_out = "; the event is trigger.event" if root == _EVENT else ""
        self.problems.add(path, f"{root} isn't there when a trigger makes its input: it reads {there}{way_out}")

    def _node(self, path: Path, read: Read, place: Place | None) -> None:
        if place is None:
            return
        if len(read) == 1:
            self.problems.add(path, "name the node that is read, as in nodes.<id>.output")
        elif len(read) == 2 or read[2] not in NODE_FIELDS:
            self._no_field(path, read[1], place)
        else:
            judge_read(read[1], place, self.names.homes, path, self.problems)

    def _no_field(self, path: Path, name: str, place: Place) -> None:
        if any(name in around.scope.graph.nodes for around in place.around()):
            self.problems.add(path, f"read nodes.{name}.output or nodes.{name}.error; a node has nothing else")
        else:
            judge_read(name, place, self.names.homes, path, self.problems)

    def _var(self, path: Path, read: Read, place: Place | None) -> None:
        self._one_of(path, read, self.names.vars, "vars has no")

    def _input(self, path: Path, read: Read, place: Place | None) -> None:
        if self.names.inputs is not None:
            self._one_of(path, read, self.names.inputs, "the input schema has no property")

    def _run(self, path: Path, read: Read, place: Place | None) -> None:
        if place is not None and read[1:2] == (_CALLBACKS,):
            self._callback(path, read, place)
        else:
            self._one_of(path, read, RUN_FIELDS, "run has no")

    def _callback(self, path: Path, read: Read, place: Place) -> None:
        nodes = place.scope.graph.nodes
        if not place.is_param:
            self.problems.add(path, "run.callbacks exists only in the params of nodes")
        elif len(read) == 2:
            self.problems.add(path, f"name the {CALLBACK_TYPE} node whose address it is, as in run.callbacks.<id>")
        elif read[2] not in nodes:
            self.problems.add_unknown(path, f"this graph has no {CALLBACK_TYPE} node", read[2], place.scope.callbacks)
        elif nodes[read[2]].node.type != CALLBACK_TYPE:
            kind = nodes[read[2]].node.type
            self.problems.add(path, f'"{read[2]}" ({kind}) has no address: only a {CALLBACK_TYPE} node has one')

    def _workflow(self, path: Path, read: Read, place: Place | None) -> None:
        self._one_of(path, read, WORKFLOW_FIELDS, "workflow has no")

    def _one_of(self, path: Path, read: Read, known: Collection[str], what: str) -> None:
        if len(read) > 1 and read[1] not in known:
            self.problems.add_unknown(path, what, read[1], known)

    def _secret(self, path: Path, read: Read, place: Place | None) -> None:
        if place is None or not place.secret:
            self.problems.add(path, _elsewhere(place))
        elif len(read) != 2 or SECRET_NAME.fullmatch(read[1]) is None:
            self.problems.add(path, "name the secret, as in secrets.NAME; a secret has no parts")

    def _item(self, path: Path, read: Read, place: Place | None) -> None:
        if place is None or not (place.has_item or read[0] in place.names):
            self.problems.add(
                path, f"{read[0]} exists only inside a map or a loop, and where each item of a list is looked at"
            )


def _elsewhere(place: Place | None) -> str:
    """Why a secret can't stand there, and where it may."""
    if place is None or place.reader is None:
        return "a secret can't stand here: only params of nodes take one, where their type marks them for it"
    if not place.secrets:
        kind = place.scope.graph.nodes[place.reader].node.type
        return f"a secret can't stand here: no param of a {kind} node takes one; use it in the node that sends it"
    return f"a secret can't stand here: in this node it may stand only in {', '.join(place.secrets)}"


def _parsed(text: str, names: Collection[str]) -> Parsed:
    try:
        return compile_value(text, names).reads, ()
    except ExpressionErrors as errors:
        return frozenset(), tuple(error for _, error in errors)
