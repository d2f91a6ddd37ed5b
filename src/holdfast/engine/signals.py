"""What a signal means for the node that it names: who may send it, what it must hold, which port the node then takes.

Checked against the run's own version before the store is asked. A name that no waiting node of the run's graph has is
not found; one whose nodes have all ended is a conflict. Who may decide an approval may be a template: then it is known
once the node waits, and a decision that comes earlier is a conflict, never let through unchecked.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from holdfast.model.access import Role
from holdfast.model.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from holdfast.model.job import ENDED
from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.records import RunNodeRecord, RunRecord, WaitRecord
from holdfast.model.run import NodeState
from holdfast.model.wait import Signal
from holdfast.model.workflow import NodeDef

CALLBACK: Final = "wait.callback"
APPROVAL: Final = "approval"
EVENT: Final = "wait.event"
_DECISION: Final = frozenset({"approved", "comment"})
_ROLES: Final = frozenset(role.text for role in Role)
_OVER: Final = frozenset({*ENDED, NodeState.SKIPPED})
_TITLE: Final = "The signal is not valid"
# What wait.event lets its name be.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def takers(nodes: Iterable[NodeDef], name: str) -> tuple[str, ...]:
    """The ids of all nodes that may come to wait for that name."""
    waiting = [node for node in nodes if node.type in (CALLBACK, APPROVAL, EVENT)]
    return tuple(node.id for node in waiting if any(known == name or "{{" in known for known in _names(node)))


def receivers(nodes: Iterable[NodeDef], name: str) -> list[NodeDef]:
    """The nodes that a signal of that name may end, first the one whose id it is: where a ``wait.event`` shares the
    name of an approval, whatever comes must be a decision. Raises ``NotFound`` when there are none."""
    waiting = [node for node in nodes if node.type in (CALLBACK, APPROVAL, EVENT)]
    found = sorted((node for node in waiting if name in _names(node)), key=lambda node: node.id != name)
    if not found and _NAME.fullmatch(name):
        # A name that is a template may come to anything that a name may be.
        found = [node for node in waiting if any("{{" in known for known in _names(node))]
    if not found:
        known = ", ".join(sorted({known for node in waiting for known in _names(node)}))
        rule = f"it takes {known}" if known else "its workflow has no node that waits for one"
        raise NotFound(f"nothing in this run takes the signal {name}; {rule}")
    return found


def _names(node: NodeDef) -> tuple[str, ...]:
    name = node.params.get("name") if node.type == EVENT else None
    return (name,) if isinstance(name, str) and name else (node.id,)


def check_open(targets: Sequence[NodeDef], run: RunRecord) -> None:
    """Raises ``Conflict`` when all these nodes have ended."""
    known: Mapping[str, RunNodeRecord] = run.nodes or {}
    states = [known[node.id].state if node.id in known else None for node in targets]
    if states and all(state in _OVER for state in states):
        ended = ", ".join(f"{node.id} is {state}" for node, state in zip(targets, states, strict=True))
        raise Conflict(f"this signal comes too late: {ended}")


def signal_of(node: NodeDef, name: str, payload: JSON, by: str) -> Signal:
    """The signal for a node of that type. Raises ``Invalid`` when the payload isn't what the node takes."""
    problems = [Problem(pointer(path), message) for path, message in problems_of(payload, ("payload",))]
    if problems:
        raise Invalid(problems, _TITLE)
    if node.type != APPROVAL:
        return Signal(name, output=payload, by=by)
    approved, comment = _decision(payload)
    output: JSONObject = {"approved": approved, "by": by, "comment": comment}
    return Signal(name, "approved" if approved else "rejected", output, by)


def _decision(payload: JSON) -> tuple[bool, str | None]:
    if not isinstance(payload, dict):
        raise Invalid([Problem("payload", 'must be an object such as {"approved": true}')], _TITLE)
    approved, comment = payload.get("approved"), payload.get("comment")
    problems = [Problem(f"payload.{key}", "is not part of a decision") for key in sorted(payload.keys() - _DECISION)]
    if not isinstance(approved, bool):
        rule = "must be true or false" if "approved" in payload else "is required: true or false"
        problems.insert(0, Problem("payload.approved", rule))
    if comment is not None and not isinstance(comment, str):
        problems.append(Problem("payload.comment", "must be text"))
    if problems:
        raise Invalid(problems, _TITLE)
    return bool(approved), comment if isinstance(comment, str) else None


def check_approver(node: NodeDef, waits: Iterable[WaitRecord], by: str, roles: Collection[str]) -> None:
    """Raises ``Forbidden`` for somebody who may not decide, ``Conflict`` while nobody can know who may."""
    parked = next((record for record in waits if record.node_id == node.id), None)
    approvers = _written(node) if parked is None else parked.wait.approvers
    if approvers is None:
        raise Conflict(f"{node.id} doesn't wait yet, and who may decide is only known then; send it again later")
    if approvers and not is_named(approvers, by, roles):
        raise Forbidden(f"{by} may not decide {node.id}; {', '.join(approvers)} may")


def is_named(approvers: Collection[str], by: str, roles: Collection[str]) -> bool:
    """Whether who is known as ``by`` is among them. A role's name is never anybody's own."""
    if not set(approvers).isdisjoint(roles):
        return True
    return by not in _ROLES and any(by == (name.lower() if "@" in name else name) for name in approvers)


def _written(node: NodeDef) -> tuple[str, ...] | None:
    """The approvers that the definition names; None when they are filled in later."""
    given = node.params.get("approvers")
    if given is None:
        return ()
    if not isinstance(given, list) or any(not isinstance(name, str) or "{{" in name for name in given):
        return None
    return tuple(str(name) for name in given)
