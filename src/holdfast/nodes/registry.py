"""The registry: every node kind that this process knows, and the code behind a job's kind.

Kinds come from here (``builtin_nodes``), from other packages and from the modules of ``--tasks`` (``found``), and from
tasks (``task:<name>``). A kind is known once: whoever claims a taken one or can't be loaded is an error at the start,
and so is a function whose parameters no payload could fill. Own kinds and tasks share the registry's threads, tasks its
child processes; whoever runs jobs with it closes it.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

from holdfast.model.errors import Invalid, Problem
from holdfast.model.node_spec import NodeSpec
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.nodes.agent import AiAgent
from holdfast.nodes.agent_tools import AgentReach
from holdfast.nodes.approval import Approval
from holdfast.nodes.code_python import CodePython
from holdfast.nodes.delay import Delay
from holdfast.nodes.email_send import EmailSend
from holdfast.nodes.event_deliver import EventDeliver
from holdfast.nodes.event_emit import EventEmit
from holdfast.nodes.fail import Fail
from holdfast.nodes.filter import Filter
from holdfast.nodes.form_input import FormInput
from holdfast.nodes.found import GROUP, module_nodes, package_nodes
from holdfast.nodes.http_request import HttpRequest
from holdfast.nodes.http_session import Sessions
from holdfast.nodes.if_ import If
from holdfast.nodes.log import Log
from holdfast.nodes.loop import Loop
from holdfast.nodes.map_ import Map
from holdfast.nodes.merge import Merge
from holdfast.nodes.noop import Noop
from holdfast.nodes.notify import Notify
from holdfast.nodes.processes import Processes
from holdfast.nodes.sql_query import SqlQuery
from holdfast.nodes.sql_statement import NO_DATABASES, DatabaseReach
from holdfast.nodes.switch import Switch
from holdfast.nodes.task import SPEC as TASK_SPEC
from holdfast.nodes.task import TaskNode
from holdfast.nodes.threads import Threads
from holdfast.nodes.transform import Transform
from holdfast.nodes.wait_callback import WaitCallback
from holdfast.nodes.wait_event import WaitEvent
from holdfast.nodes.wait_until import WaitUntil
from holdfast.nodes.webhook_respond import WebhookRespond
from holdfast.nodes.workflow_call import WorkflowCall
from holdfast.ports import MailServers, MailTransport, NodeType, Receivers
from holdfast.tasks import Task, TaskRegistry
from holdfast.tasks.signature import Unusable


def builtin_nodes(
    sessions: Sessions,
    transport: MailTransport,
    databases: DatabaseReach,
    agents: AgentReach | None = None,
    servers: MailServers | None = None,
) -> list[NodeType]:
    """The library, with what it needs from outside."""
    return [
        HttpRequest(sessions),
        EmailSend(transport, servers),
        Notify(sessions, transport, servers),
        WebhookRespond(),
        If(),
        Switch(),
        Merge(),
        Map(),
        Loop(),
        WorkflowCall(),
        Noop(),
        Fail(),
        Delay(),
        WaitUntil(),
        WaitEvent(),
        WaitCallback(),
        EventEmit(),
        Approval(),
        FormInput(),
        Transform(),
        Filter(),
        Log(),
        CodePython(),
        SqlQuery(databases),
        AiAgent(sessions, agents),
    ]


class NodeRegistry:
    """``specs`` is what workflows may use (``task`` included); ``kinds`` is what this process can run, with the kind of
    the engine's own jobs that deliver events. ``secret_places``: the params of each kind but tasks that take secrets.
    """

    def __init__(
        self,
        sessions: Sessions,
        transport: MailTransport,
        tasks: TaskRegistry | None = None,
        *,
        packages: Iterable[EntryPoint] | None = None,
        databases: DatabaseReach = NO_DATABASES,
        agents: AgentReach | None = None,
        receivers: Receivers | None = None,
        servers: MailServers | None = None,
    ) -> None:
        """``packages`` are the entry points to take node kinds from; None takes those of all installed packages."""
        self._nodes: dict[str, NodeType] = {}
        found = entry_points(group=GROUP) if packages is None else packages
        self.threads = Threads()
        own = [] if tasks is None else module_nodes(tasks.nodes, self.threads)
        library = [*builtin_nodes(sessions, transport, databases, agents, servers), EventDeliver(sessions, receivers)]
        ours = {node.spec.type for node in library}
        nodes = [*library, *package_nodes(found, self.threads), *own]
        problems = [problem for node in nodes if (problem := self._add(node)) is not None]
        if problems:
            raise Invalid(problems, "The node kinds can't be registered")
        self.secret_places = {kind: node.spec.secret_paths for kind, node in self._nodes.items()}
        self.specs: Mapping[str, NodeSpec] = {
            **{
                kind: node.spec if kind in ours else replace(node.spec, own=True)
                for kind, node in self._nodes.items()
                if kind != DELIVERY_KIND
            },
            TASK_SPEC.type: TASK_SPEC,
        }
        apart = sorted({task.module for task in tasks or () if task.process and task.module})
        self._processes = Processes(apart)
        self._apart = bool(apart)
        problems = [problem for task in tasks or () if (problem := self._add_task(task)) is not None]
        if problems:
            raise Invalid(problems, "The tasks can't be used")

    def get(self, kind: str) -> NodeType | None:
        """The code behind a job's kind."""
        return self._nodes.get(kind)

    def kinds(self) -> frozenset[str]:
        return frozenset(self._nodes)

    def troubles(self) -> dict[str, str]:
        """The kinds that are switched off here, and why."""
        told = ((kind, getattr(node, "trouble", None)) for kind, node in self._nodes.items())
        return {kind: trouble for kind, trouble in told if isinstance(trouble, str)}

    async def warm(self) -> None:
        """Has a child process stand ready when a task needs one."""
        if self._apart:
            await self._processes.warm()

    async def close(self) -> None:
        """Kills the child processes, and closes the node kinds that can be closed."""
        await self._processes.close()
        for node in self._nodes.values():
            close = getattr(node, "close", None)
            if inspect.iscoroutinefunction(close):
                await close()

    def _add_task(self, task: Task) -> Problem | None:
        try:
            self._nodes[task.kind] = TaskNode(task, self.threads, self._processes)
        except Unusable as error:
            return Problem(task.name, str(error))
        return None

    def _add(self, node: NodeType) -> Problem | None:
        kind = node.spec.type
        if kind in self._nodes or kind == TASK_SPEC.type or kind.startswith(f"{TASK_SPEC.type}:"):
            return Problem(kind, "this node kind is taken")
        self._nodes[kind] = node
        return None
