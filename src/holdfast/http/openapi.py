"""The API's description. Bodies are read by dependencies, so their schemas are added here; answers are typed shapes."""

from types import UnionType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from holdfast.http.dialects.steps import StepsIn
from holdfast.http.schemas.bulk import BulkIn, DiscardIn, ReplayIn
from holdfast.http.schemas.events import EventIn
from holdfast.http.schemas.expressions import EvaluateIn
from holdfast.http.schemas.instance import QueuePatch, TenantIn, TenantPatch
from holdfast.http.schemas.jobs import BatchIn, JobIn
from holdfast.http.schemas.keys import KeyIn
from holdfast.http.schemas.people import (
    AcceptBody,
    AccountPatch,
    CodesBody,
    ConfirmedBody,
    InviteBody,
    LinkBody,
    MemberPatch,
    OpenIdBody,
    PasswordBody,
    ServiceAccountBody,
    SessionPatch,
    SetupBody,
    SignInBody,
)
from holdfast.http.schemas.rules import DryRunIn, RulePatch, UnsavedIn
from holdfast.http.schemas.runs import CancelIn, RerunIn, RunIn, TestRunIn
from holdfast.http.schemas.secrets import SecretIn
from holdfast.http.schemas.subscriptions import RotateIn, SubscriptionIn, SubscriptionPatch
from holdfast.http.schemas.triggers import BackfillIn, FireIn
from holdfast.http.schemas.workflows import WorkflowPatch
from holdfast.version import __version__

BODIES: Final[tuple[type[BaseModel], ...]] = (
    *(JobIn, BatchIn, BulkIn, DiscardIn, ReplayIn),
    *(RunIn, TestRunIn, CancelIn, RerunIn, EventIn),
    *(WorkflowPatch, QueuePatch, TenantIn, TenantPatch, KeyIn),
    *(RulePatch, DryRunIn, UnsavedIn, FireIn, BackfillIn),
    *(SecretIn, SubscriptionIn, SubscriptionPatch, RotateIn),
    *(StepsIn, EvaluateIn),
    *(SignInBody, SetupBody, SessionPatch, AccountPatch, PasswordBody, CodesBody, ConfirmedBody),
    *(MemberPatch, InviteBody, LinkBody, AcceptBody, OpenIdBody, ServiceAccountBody),
)
_REF: Final = "#/components/schemas/{model}"
_DESCRIPTION: Final = """\
Durable workflow automation. Send an API key as `Authorization: Bearer hf_…`; the console's pages have a session in a
cookie; on a loopback address the local user is signed in by itself until there is a person. Lists take `limit` and
`cursor` and answer `{"items": […], "next": cursor or null}`. Errors are problem details (RFC 9457) with every problem
in `errors`. A POST that creates work takes `Idempotency-Key`."""
_KEY_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and body within 7 days give the first answer again.",
}


def answers(shape: type | UnionType | None, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route whose good answers have this shape."""
    good: dict[str, Any] = {} if shape is None else {"model": shape}
    found: dict[int | str, dict[str, Any]] = {status: {**good, "description": _GOOD[status]} for status in statuses}
    found["default"] = _PROBLEM_ANSWER
    return found


def either(done: type, made: type) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that gives one shape with 200 and another with 201."""
    return {**answers(made, 201), **answers(done, 200)}


def takes(model: type[BaseModel], *, once: bool = False, needed: bool = True) -> dict[str, Any]:
    """The ``openapi_extra`` of a route with a JSON body; ``once``: it takes ``Idempotency-Key``."""
    return _extra({"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}, once, needed)


def takes_json(description: str) -> dict[str, Any]:
    """The ``openapi_extra`` of a route whose body is any JSON, or empty."""
    return _extra({"application/json": {"schema": {"description": description}}}, once=False, needed=False)


def takes_events(model: type[BaseModel], *, once: bool = False) -> dict[str, Any]:
    """The ``openapi_extra`` of the route that takes events in our own form and as CloudEvents."""
    ours = {"schema": {"$ref": _REF.format(model=model.__name__)}}
    batch = {"schema": {"type": "array", "items": _CLOUD_EVENT}}
    forms = {"application/json": ours, STRUCTURED: {"schema": _CLOUD_EVENT}, BATCH: batch}
    return _extra(forms, once)


def takes_object(description: str) -> dict[str, Any]:
    """The ``openapi_extra`` of a route that takes a JSON object of its own rules."""
    return _extra({"application/json": {"schema": {"type": "object", "description": description}}}, once=False)


def takes_nothing() -> dict[str, Any]:
    """The ``openapi_extra`` of a route that makes something, and needs no body for it."""
    return {"parameters": [_KEY_PARAMETER]}


def takes_anything() -> dict[str, Any]:
    """The ``openapi_extra`` of a public route that reads its body by its declared type."""
    return {
        **_extra({"application/json": {"schema": {}}, "*/*": {"schema": {}}}, once=False, needed=False),
        "security": [],
    }


def takes_definition(*, once: bool = False) -> dict[str, Any]:
    """The ``openapi_extra`` of a route that takes a workflow's definition."""
    schema = {"schema": {"type": "object", "description": "A workflow's definition, the same document in both forms."}}
    return _extra({"application/json": schema, "application/yaml": schema}, once)


def takes_rule(*, once: bool = False) -> dict[str, Any]:
    """The ``openapi_extra`` of a route that takes an automation rule."""
    schema = {"schema": {"type": "object", "description": "An automation rule, the same document in both forms."}}
    return _extra({"application/json": schema, "application/yaml": schema}, once)


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description, made once per application."""
    if app.openapi_schema is None:
        schema = get_openapi(title="Holdfast", version=__version__, description=_DESCRIPTION, routes=app.routes)
        components = schema.setdefault("components", {})
        _, bodies = models_json_schema([(model, "validation") for model in BODIES], ref_template=_REF)
        shapes = {name: shape for name, shape in components.get("schemas", {}).items() if name not in _NEVER_SENT}
        components["schemas"] = {**shapes, **bodies.get("$defs", {}), "ProblemShape": _PROBLEM}
        components["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "holdfast_session"},
        }
        schema["security"] = [{"key": []}, {"session": []}, {}]
        for described in schema["paths"].values():
            for operation in described.values():
                _tell_problems(operation["responses"])
        schema["paths"] |= {"/hooks/{key}": _HOOK_METHODS, "/events/webhook/{key}": _HOOK_METHODS}
        app.openapi_schema = schema
    return app.openapi_schema


def _extra(content: dict[str, Any], once: bool, needed: bool = True) -> dict[str, Any]:
    extra: dict[str, Any] = {"requestBody": {"required": needed, "content": content}}
    return {**extra, "parameters": [_KEY_PARAMETER]} if once else extra


def _tell_problems(responses: dict[str, Any]) -> None:
    """Whatever else an operation answers is a problem; the framework's own shape of a 422 is never sent."""
    if responses.get("422", {}).get("content") == _FRAMEWORKS_OWN:
        del responses["422"]
    responses.setdefault("default", _PROBLEM_ANSWER)


_NEVER_SENT: Final = frozenset({"HTTPValidationError", "ValidationError"})
_FRAMEWORKS_OWN: Final = {"application/json": {"schema": {"$ref": _REF.format(model="HTTPValidationError")}}}
_PROBLEM_REF: Final = {"$ref": _REF.format(model="ProblemShape")}
_PROBLEM_ANSWER: Final[dict[str, Any]] = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": _PROBLEM_REF}},
}
_PROBLEM: Final = {
    "title": "ProblemShape",
    "description": "A problem answer (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
_CLOUD_EVENT: Final = {
    "type": "object",
    "description": "A CloudEvent 1.0; attributes beside these are kept with it.",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 500},
        "source": {"type": "string", "format": "uri-reference", "maxLength": 500},
        "type": {"type": "string", "minLength": 1, "maxLength": 200},
        "subject": {"type": "string", "maxLength": 500},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"type": "string"},
        "dataschema": {"type": "string", "format": "uri"},
        "data": {},
        "data_base64": {"type": "string", "format": "byte"},
    },
}
# Served in front of the application, so it is described by hand.
_HOOK: Final = {
    "tags": ["webhooks"],
    "summary": "Deliver A Webhook",
    "description": (
        "Starts what the trigger's owner does: a workflow's run, or a rule's jobs. The sender proves itself as the "
        "trigger's `signature` says; without one the address alone is the permission. Any method that the trigger "
        "takes, and any path below the key. The body is read by its declared type (JSON, form, XML, other text, else "
        "base64), up to the trigger's `max_body` (1 MiB). The same delivery id and body give the same run for seven "
        "days. `respond: result` and `respond: node` answer with what the run gives. `/hooks/{key}` and "
        "`/events/webhook/{key}` are the same."
    ),
    "security": [],
    "parameters": [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}],
    "requestBody": {"required": False, "content": {"application/json": {"schema": {}}, "*/*": {"schema": {}}}},
    "responses": {
        "202": {"description": "What it starts is committed", "content": {"application/json": {"schema": {
            "type": "object",
            "properties": {
                "run_id": {"type": "string"},
                "firing_id": {"type": "string"},
                "job_ids": {"type": "array", "items": {"type": "string"}},
                "met": {"type": "boolean"},
            },
        }}}},
        "200": {"description": "Delivered before: the same run; or the run's output"},
        "default": _PROBLEM_ANSWER,
    },
}  # fmt: skip
_BODILESS: Final = {name: part for name, part in _HOOK.items() if name != "requestBody"}
_HOOK_METHODS: Final = {
    "get": _BODILESS,
    "head": _BODILESS,
    "post": _HOOK,
    "put": _HOOK,
    "patch": _HOOK,
    "delete": _BODILESS,
}
_GOOD: Final = {
    200: "Done",
    201: "Made",
    202: "Still going",
    204: "Done, nothing to say",
    503: "Not available",
}
