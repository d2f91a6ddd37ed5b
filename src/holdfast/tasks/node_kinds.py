"""Node kinds of your own: ``@holdfast.node`` on a function or a class, or a subclass of ``holdfast.Node``.

The mark is an attribute of what it marks and nothing else, as with tasks: which kinds a process knows is decided by the
modules and packages that it loads, not by what happened to be imported. What can't be said of one raises ``ValueError``
at the mark; a signature that no params could fill is found when the kind is registered.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, ClassVar, Final, TypeVar

from holdfast.model.instant import HOUR, Micros
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import ERROR_PORT, OUT_PORT, NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.model.retry import NODE_POLICY, RetryPolicy
from holdfast.ports import NodeContext
from holdfast.tasks.durations import Duration, micros_of
from holdfast.tasks.policy import RetryLike, policy_of

F = TypeVar("F", bound=Callable[..., Any])

_MARK: Final = "__holdfast_node__"
_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*", re.ASCII)
_PORT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", re.ASCII)
_LONGEST: Final = 120


class Node:
    """A node kind that has the whole attempt in its hands: its params as they are, and every outcome there is.

    A subclass has a ``spec``; one object of it is made, without arguments, for all attempts of a worker process.
    """

    spec: ClassVar[NodeSpec]

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        """Runs one attempt with filled params that fit the spec's schema. What it raises fails the attempt."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A marked function, or a marked class with ``execute``; its parameters are those of the node."""

    type: str
    made_of: Callable[..., Any]
    title: str = ""
    description: str = ""
    icon: str = "box"
    category: str = "Own"
    ports: tuple[str, ...] = (OUT_PORT,)
    retry: RetryPolicy = NODE_POLICY
    timeout: Micros = HOUR
    example: JSONObject = field(default_factory=dict)

    def function(self) -> Callable[..., Any]:
        """What runs an attempt; for a class, the method of a new object. Raises whatever making that one raises."""
        if not inspect.isclass(self.made_of):
            return self.made_of
        made: Any = self.made_of()
        execute: Callable[..., Any] = made.execute
        return execute


def node(
    kind: str,
    /,
    *,
    title: str = "",
    description: str | None = None,
    icon: str = "box",
    category: str = "Own",
    ports: Sequence[str] = (OUT_PORT,),
    retry: RetryLike | None = None,
    max_attempts: int | None = None,
    timeout: Duration | None = None,
    example: JSONObject | None = None,
) -> Callable[[F], F]:
    """Marks a function, or a class with ``execute``, as the node kind ``kind``, such as ``acme.geocode``.

    Its parameters are the node's params: their annotations check them and draw the form. What it returns is the output,
    by the port ``out``; ``holdfast.Succeeded(output, port)`` takes another of ``ports``. ``description`` defaults to
    the first paragraph of the docstring, ``icon`` is a name of Lucide's. ``retry`` (or just ``max_attempts``) and
    ``timeout`` hold for nodes that say nothing else. Raises ``ValueError``.
    """
    if _TYPE.fullmatch(kind) is None or len(kind) > _LONGEST:
        raise ValueError(f"the node kind {kind!r} must be a name such as acme.geocode")
    policy = policy_of(retry, None) if max_attempts is None else _tried(max_attempts, retry)
    limit = HOUR if timeout is None else micros_of(timeout, "timeout")
    if limit == 0:
        raise ValueError("timeout must be longer than nothing")

    def mark(marked: F) -> F:
        _check(kind, marked)
        made = NodeKind(
            kind,
            marked,
            title or _words(kind),
            _summary(marked) if description is None else description,
            icon,
            category,
            _ports(ports),
            policy or NODE_POLICY,
            limit,
            example or {},
        )
        setattr(marked, _MARK, made)
        return marked

    return mark


def node_of(value: object) -> NodeKind | None:
    """The node kind that a function or class was marked as; a subclass doesn't inherit it."""
    found = getattr(value, "__dict__", {}).get(_MARK)
    return found if isinstance(found, NodeKind) else None


def nodes_of(module: ModuleType) -> Iterator[object]:
    """The node kinds that a module defines or imports, as they stand there."""
    for value in vars(module).values():
        if node_of(value) is not None or _is_written_out(value):
            yield value


def _is_written_out(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, Node) and isinstance(getattr(value, "spec", None), NodeSpec)


def _tried(max_attempts: int, retry: RetryLike | None) -> RetryPolicy:
    if retry is not None:
        raise ValueError("give max_attempts either by itself or in retry")
    return replace(NODE_POLICY, max_attempts=max_attempts)


def _check(kind: str, marked: Callable[..., Any]) -> None:
    function = marked
    if inspect.isclass(marked):
        if issubclass(marked, Node):
            raise ValueError(f"{kind}: a subclass of holdfast.Node has its spec and needs no mark")
        function = getattr(marked, "execute", None) or _refuse(f"{kind}: a class has a method execute")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        _refuse(f"{kind}: is a generator; a node returns its output")


def _refuse(message: str) -> Any:
    raise ValueError(message)


def _ports(given: Sequence[str]) -> tuple[str, ...]:
    ports = (given,) if isinstance(given, str) else tuple(given)
    if not ports or len(set(ports)) < len(ports):
        raise ValueError("ports are one name or several different ones")
    for port in ports:
        if _PORT.fullmatch(port) is None or port == ERROR_PORT:
            raise ValueError(f"{port!r} can't be a port; error is one of every node")
    return ports


def _summary(marked: Callable[..., Any]) -> str:
    # An object's own docstring only: a dataclass's is made up, a class without one would show that of its base.
    text = inspect.cleandoc(getattr(marked, "__doc__", None) or "")
    return " ".join(text.partition("\n\n")[0].split())


def _words(kind: str) -> str:
    last = kind.rpartition(".")[2].replace("_", " ").replace("-", " ").strip()
    return last[:1].upper() + last[1:]
