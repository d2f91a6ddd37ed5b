"""Node kinds for the engine's tests: whatever a test writes as a function, beside the library's own."""

from collections.abc import Awaitable, Callable, Mapping

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.nodes.http_session import NoSessions
from holdfast.nodes.registry import NodeRegistry
from holdfast.ports import MailTransport, NodeContext, NodeType

Handler = Callable[[NodeContext, JSONObject], Awaitable[Outcome]]


class Kind:
    """A function as a node kind. ``params`` is the JSON Schema of its parameters; none takes anything."""

    def __init__(self, kind: str, handler: Handler, params: JSONObject | None = None, *, inline: bool = False) -> None:
        self.spec = NodeSpec(kind, params=params or {"type": "object"}, inline=inline)
        self._handler = handler

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        return await self._handler(context, params)


class Kinds:
    """The library's node kinds and those of one test."""

    def __init__(self, transport: MailTransport, *own: NodeType) -> None:
        self._library = NodeRegistry(NoSessions(), transport, packages=())
        self._own = {node.spec.type: node for node in own}

    @property
    def specs(self) -> Mapping[str, NodeSpec]:
        return {**self._library.specs, **{kind: node.spec for kind, node in self._own.items()}}

    def get(self, kind: str) -> NodeType | None:
        return self._own.get(kind) or self._library.get(kind)

    def kinds(self) -> frozenset[str]:
        return self._library.kinds() | frozenset(self._own)
