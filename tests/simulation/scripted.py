"""Handlers that do what their job's script says: one word per execution, the last one again and again.

``ok``, ``fail`` (may be retried), ``final``, ``after`` (fails and asks for a wait), ``raise``, ``snooze``, ``hang``
(until its timeout), ``deaf`` (goes on for a while when cancelled, and then succeeds). ``ok:700`` first works 700 ms.
"""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Final

from holdfast.model.instant import SECOND
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Snoozed, Succeeded
from holdfast.model.retry import RetryPolicy
from holdfast.nodes.http_session import NoSessions
from holdfast.nodes.registry import NodeRegistry
from holdfast.ports import MailTransport, NodeContext, NodeType
from tests.simulation.ledger import Ledger

WORK: Final = "sim.work"
QUICK: Final = "sim.quick"
_CONTROL: Final = frozenset(
    {"noop", "if", "fail", "delay", "transform", "map", "loop", "workflow.call", "wait.callback", "wait.event",
     "event.emit"}
)  # fmt: skip
_RETRY: Final = RetryPolicy(max_attempts=3, base_delay=SECOND // 5, max_delay=2 * SECOND)
_WORK: Final = NodeSpec(WORK, params={"type": "object"}, timeout=4 * SECOND, retry=_RETRY)
_QUICK: Final = NodeSpec(QUICK, params={"type": "object"}, timeout=4 * SECOND, retry=_RETRY, inline=True)


class Scripted:
    """One kind. ``ledger`` counts executions, so that a script goes on over attempts, leases and processes."""

    def __init__(self, spec: NodeSpec, ledger: Ledger) -> None:
        self.spec = spec
        self._ledger = ledger

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        script = params.get("script")
        words = [str(word) for word in script] if isinstance(script, list) else []
        index = min(self._ledger.runs_of[context.job_id], len(words)) - 1
        word, _, millis = (words[index] if words else "ok").partition(":")
        if millis:
            await asyncio.sleep(int(millis) / 1000)
        if word == "hang":
            await asyncio.Event().wait()
        if word == "deaf":
            await _deaf()
        return _outcome(word, context)


async def _deaf() -> None:
    try:
        await asyncio.sleep(6)
    except asyncio.CancelledError:
        await asyncio.sleep(3)


def _outcome(word: str, context: NodeContext) -> Outcome:
    match word:
        case "fail":
            return Failed(ErrorInfo("scripted", "the script says so"))
        case "after":
            return Failed(ErrorInfo("scripted", "the script says so"), retry_after=2 * SECOND)
        case "final":
            return Failed(ErrorInfo("scripted", "the script says so"), final=True)
        case "raise":
            raise ValueError("the script says so")
        case "snooze":
            return Snoozed(context.now + 2 * SECOND)
        case _:
            return Succeeded({"word": word})


@cache
def _library() -> NodeRegistry:
    return NodeRegistry(NoSessions(), _no_mail(), packages=())


def _no_mail() -> MailTransport:
    class Nobody:
        async def send(self, *_: object) -> str:
            raise ConnectionError("a simulation sends no mail")

    return Nobody()


def specs() -> Mapping[str, NodeSpec]:
    return {**_library().specs, WORK: _WORK, QUICK: _QUICK}


class ScriptedKinds:
    """The library's kinds and the scripted ones."""

    def __init__(self, ledger: Ledger) -> None:
        self._own: dict[str, NodeType] = {WORK: Scripted(_WORK, ledger), QUICK: Scripted(_QUICK, ledger)}
        self._kinds = frozenset(self._own) | _CONTROL

    def get(self, kind: str) -> NodeType | None:
        return self._own.get(kind) or _library().get(kind)

    def kinds(self) -> frozenset[str]:
        return self._kinds
