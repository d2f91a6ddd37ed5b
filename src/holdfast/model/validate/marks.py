"""The params of a node kind that its schema marks (``node_spec``): found once per kind, not once per node."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.model.json import JSON, Path
from holdfast.model.node_spec import (
    BODY_MARK,
    CASES_MARK,
    EACH_MARK,
    EXPRESSION_MARK,
    LATER_MARK,
    PLAIN_MARK,
    SECRET_MARK,
    NodeSpec,
)

# What an expression for later sees besides when its mark doesn't say: of a kind with a body, and of any other.
_OF_CHILDREN: Final = ("item", "index")
_OF_EVENTS: Final = ("event",)
_WORKFLOW: Final = "workflow"


@dataclass(frozen=True, slots=True)
class Later:
    """The place of an expression for later. It sees ``names``: besides what the node sees, or (``only``) alone."""

    path: Path
    names: tuple[str, ...]
    only: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """The marked places. ``each`` pairs the place of an expression with that of its list."""

    bare: tuple[Path, ...] = ()
    each: tuple[tuple[Path, Path], ...] = ()
    cases: tuple[Path, ...] = ()
    later: tuple[Later, ...] = ()
    secret: tuple[Path, ...] = ()
    plain: tuple[Path, ...] = ()
    body: Path | None = None
    # Whether the name of a workflow may stand in the body's place.
    body_or_workflow: bool = False


NO_MARKS: Final = Marks()


class Kinds:
    """The known node kinds with their marks."""

    def __init__(self, specs: Mapping[str, NodeSpec]) -> None:
        self.specs = specs
        self._marks: dict[str, Marks] = {}

    def marks(self, name: str) -> Marks:
        if name not in self._marks:
            spec = self.specs.get(name)
            self._marks[name] = NO_MARKS if spec is None else marks_of(spec.params)
        return self._marks[name]


def marks_of(schema: JSON) -> Marks:
    """The marks of a kind's schema."""
    places = list(_places(schema, ()))
    bodies = [path for path, inner in places if inner.get(BODY_MARK)]
    body = bodies[0] if bodies else None
    return Marks(
        bare=tuple(path for path, inner in places if inner.get(EXPRESSION_MARK) is True),
        each=tuple((path, (*path[:-1], str(inner[EACH_MARK]))) for path, inner in places if inner.get(EACH_MARK)),
        cases=tuple(path for path, inner in places if inner.get(CASES_MARK)),
        later=tuple(_later(path, inner[LATER_MARK], body) for path, inner in places if inner.get(LATER_MARK)),
        secret=tuple(path for path, inner in places if inner.get(SECRET_MARK)),
        plain=tuple(path for path, inner in places if inner.get(PLAIN_MARK)),
        body=body,
        body_or_workflow=body is not None and any(path == (*body[:-1], _WORKFLOW) for path, _ in places),
    )


def _places(schema: JSON, path: Path) -> Iterator[tuple[Path, dict[str, JSON]]]:
    """Every property that a chain of ``properties`` leads to, with its schema."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        if isinstance(inner, dict):
            yield (*path, name), inner
            yield from _places(inner, (*path, name))


def _later(path: Path, mark: JSON, body: Path | None) -> Later:
    if isinstance(mark, list):
        return Later(path, tuple(str(name) for name in mark), only=True)
    return Later(path, _OF_EVENTS if body is None else _OF_CHILDREN)
