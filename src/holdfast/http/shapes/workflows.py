"""A workflow as JSON, with the absolute address of each webhook trigger."""

from collections.abc import Iterator
from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.node_order import nodes_of
from holdfast.http.shapes.triggers import hook_url, is_signed
from holdfast.model.diff import Difference
from holdfast.model.instant import format_instant
from holdfast.model.records import VersionRecord, WorkflowRecord


class DeclaredTriggerShape(TypedDict):
    """What starts the workflow. `url` (for operators) and `signed` stand at webhooks only."""

    id: str
    type: str
    url: NotRequired[str]
    signed: NotRequired[bool]


class WorkflowShape(TypedDict):
    """A workflow at one version, the newest unless another was asked for."""

    id: str
    name: str
    title: str
    version: int
    enabled: bool
    triggers: list[DeclaredTriggerShape]
    definition: dict[str, JsonValue]
    created_at: str
    updated_at: str


class WorkflowsShape(TypedDict):
    """A page of workflows, by name."""

    items: list[WorkflowShape]
    next: str | None


class VersionShape(TypedDict):
    """One immutable version. `author` saved it, `message` is what they said of it."""

    id: str
    version: int
    author: str | None
    message: str
    definition: dict[str, JsonValue]
    created_at: str


class VersionsShape(TypedDict):
    """A page of versions, newest first."""

    items: list[VersionShape]
    next: str | None


class ChangeShape(TypedDict):
    """One place that differs; `before` is absent where something was added, `after` where it was removed."""

    path: str
    op: str
    before: NotRequired[JsonValue]
    after: NotRequired[JsonValue]


# "from" is a keyword, so this one can't be written as a class.
DiffShape = TypedDict("DiffShape", {"from": int, "to": int, "changes": list[ChangeShape]})


class FormShape(TypedDict):
    """What a start by hand asks for: the workflow's `input` schema (null: anything) and the fields of its forms."""

    schema: JsonValue
    fields: list[JsonValue]


class ValidShape(TypedDict):
    """The definition could be saved as it is."""

    valid: bool


def workflow_shape(workflow: WorkflowRecord, base_url: str | None) -> WorkflowShape:
    title = workflow.definition.get("title")
    return {
        "id": workflow.id,
        "name": workflow.name,
        "title": title if isinstance(title, str) else "",
        "version": workflow.version,
        "enabled": workflow.enabled,
        "triggers": list(_triggers(workflow, base_url)),
        "definition": workflow.definition,
        "created_at": format_instant(workflow.created_at),
        "updated_at": format_instant(workflow.updated_at),
    }


def version_shape(version: VersionRecord) -> VersionShape:
    return {
        "id": version.id,
        "version": version.version,
        "author": version.author,
        "message": version.message,
        "definition": version.definition,
        "created_at": format_instant(version.created_at),
    }


def _triggers(workflow: WorkflowRecord, base_url: str | None) -> Iterator[DeclaredTriggerShape]:
    declared = workflow.definition.get("triggers")
    for trigger in declared if isinstance(declared, list) else []:
        if isinstance(trigger, dict):
            shape: DeclaredTriggerShape = {"id": str(trigger.get("id")), "type": str(trigger.get("type"))}
            key = workflow.hooks.get(shape["id"])
            if key is not None:
                if base_url is not None:
                    shape["url"] = hook_url(base_url, key)
                shape["signed"] = is_signed(trigger)
            yield shape


def change_shape(change: Difference) -> ChangeShape:
    shape: ChangeShape = {"path": change.path, "op": change.kind}
    if change.kind != "added":
        shape["before"] = change.before
    if change.kind != "removed":
        shape["after"] = change.after
    return shape


def form_shape(workflow: WorkflowRecord) -> FormShape:
    """The form of a start by hand: fields of ``form.input`` nodes in the order of the document."""
    fields: list[JsonValue] = []
    for node in nodes_of(workflow.definition):
        params = node.get("params")
        if node.get("type") == "form.input" and isinstance(params, dict):
            asked = params.get("fields")
            fields += asked if isinstance(asked, list) else []
    return {"schema": workflow.definition.get("input"), "fields": fields}
