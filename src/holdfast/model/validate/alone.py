"""Expressions that see no graph: those of triggers and rules. Their syntax, and whether the names that they read exist.

What is below a root is judged only where it is known (``Known``); tenants' attributes, data and bodies are not.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from holdfast.model.expression import ExpressionError, ExpressionErrors, compile_value, parse
from holdfast.model.graph_scope import EVENT_FIELDS, TRIGGER_FIELDS
from holdfast.model.json import JSON, Path
from holdfast.model.trigger import TriggerType
from holdfast.model.validate.problems import Problems

Read = tuple[str, ...]
# By a path of names: the names that can follow it.
Known = Mapping[Read, Collection[str]]

OPENING: Final = "{{"


def known_of(kind: TriggerType) -> Known:
    """What is known below ``trigger`` and ``event`` for a trigger of that type."""
    return {("trigger",): TRIGGER_FIELDS[kind], ("trigger", "event"): EVENT_FIELDS, ("event",): EVENT_FIELDS}


def check_expression(text: str, path: Path, roots: Collection[str], known: Known, problems: Problems) -> None:
    """An expression without braces."""
    if text.lstrip().startswith(OPENING):
        problems.add(path, "is an expression already: write it without {{ and }}")
        return
    try:
        check_reads(parse(text, roots).reads, path, known, problems)
    except ExpressionError as error:
        tell(error, path, problems, roots)


def check_templates(value: JSON, path: Path, roots: Collection[str], known: Known, problems: Problems) -> None:
    """Every text in ``value`` that holds a template."""
    for at, text in templates(value, path):
        try:
            check_reads(compile_value(text, roots).reads, at, known, problems)
        except ExpressionErrors as errors:
            for _, error in errors:
                tell(error, at, problems, roots)


def check_reads(reads: Collection[Read], path: Path, known: Known, problems: Problems) -> None:
    for read in sorted(reads):
        for length in range(1, len(read)):
            names = known.get(read[:length])
            if names is not None and read[length] not in names:
                problems.add_unknown(path, f"{'.'.join(read[:length])} has no", read[length], names)
                break


def tell(error: ExpressionError, path: Path, problems: Problems, roots: Collection[str] = ()) -> None:
    """``roots``: the names that there are, which are told where none of them is near the one that isn't."""
    ask = error.kind == "unknown_name" and error.hint is None and roots
    way_out = f" (it may read {', '.join(roots)})" if ask else ""
    problems.add(path, f"{error}{way_out}, at character {error.position + 1}")


def templates(value: JSON, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts in ``value`` that hold a template, each with its path, in the document's order."""
    stack: list[tuple[Path, JSON]] = [(path, value)]
    while stack:
        at, part = stack.pop()
        match part:
            case str():
                if OPENING in part:
                    yield at, part
            case dict():
                stack.extend(((*at, key), inner) for key, inner in reversed(part.items()))
            case list():
                stack.extend(((*at, index), part[index]) for index in reversed(range(len(part))))
