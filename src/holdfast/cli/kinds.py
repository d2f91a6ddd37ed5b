"""The node kinds that this installation knows, for checks without a server.

The registry is given ports that refuse: checking a definition neither sends mail nor opens a connection.
"""

from collections.abc import Mapping, Sequence

from holdfast.model.json import JSON
from holdfast.model.node_spec import NodeSpec
from holdfast.model.records import Mail
from holdfast.nodes.http_session import NoSessions
from holdfast.nodes.registry import NodeRegistry
from holdfast.tasks import load_tasks


def installed_kinds(tasks: Sequence[str] = ()) -> Mapping[str, NodeSpec]:
    """Built-in kinds, those of installed packages and of these modules. Raises ``Invalid`` for what can't be loaded."""
    return installed_registry(tasks).specs


def installed_registry(tasks: Sequence[str] = ()) -> NodeRegistry:
    """What this installation could run, with the tasks of these modules. Raises ``Invalid``."""
    return NodeRegistry(NoSessions(), _NoTransport(), load_tasks(tasks))


class _NoTransport:
    async def send(self, mail: Mail, cc: Sequence[str], bcc: Sequence[str], attachments: Sequence[JSON]) -> str:
        raise RuntimeError("checking a definition sends no mail")
