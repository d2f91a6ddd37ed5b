"""The job automation engine's rules and events: ``/automation-rules``, ``/admin/automations`` and ``/events/{type}``.

A rule is that of ``/api/v1/automation-rules``, and may use this document's words: ``trigger_type`` (``CRON``,
``WEBHOOK``, ``INTERNAL_EVENT``) beside a ``trigger`` without a type, or as text (``"0 7 * * *"``,
``"job_succeeded: job_type=X"``); ``actions`` for ``jobs``; ``job_type`` and ``next_run_at`` in them. A rule without a
name gets one. Answers are the API's own with these words beside them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response
from typing_extensions import TypedDict

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import definition, json_value, understood
from holdfast.http.dialects import body_of, dialect, headers_of
from holdfast.http.dialects.job_engine import WORDS
from holdfast.http.openapi import answers, takes_json, takes_rule
from holdfast.http.query import Paging
from holdfast.http.routes import events, rules
from holdfast.http.routes.rules import Named
from holdfast.http.schemas.events import EventIn
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.events import PostedShape
from holdfast.http.shapes.firings import firing_summary
from holdfast.http.shapes.rules import RuleShape
from holdfast.model.errors import Invalid, NotFound, Problem
from holdfast.model.json import JSON, JSONObject
from holdfast.model.trigger import CLOCKS, FiringFilter, Owner

router = dialect("job engine")
RULES: Final = "/automation-rules"
TYPES: Final = {"CRON": "cron", "WEBHOOK": "webhook", "INTERNAL_EVENT": "event"}
# ``job_succeeded: job_type=X``
_EVENT_TEXT: Final = re.compile(r"([A-Za-z0-9._*/-]+)(?:\s*:\s*job_type\s*=\s*(\S+))?\s*")
_JOB_PATH: Final = re.compile(r"jobs(?:\[(\d+)\])?(.*)")
_SAID: Final = ("trigger_type", "tenant_id")
_TITLE: Final = "The rule is not valid"


class DocumentedRule(RuleShape):
    """A rule with the words of this document beside ours."""

    tenant_id: str
    trigger_type: str
    conditions: list[Any]
    actions: list[dict[str, Any]]


class DocumentedRules(TypedDict):
    """A page of rules, by name."""

    items: list[DocumentedRule]
    next: str | None


class LastFiring(TypedDict):
    """What became of a rule's newest firing."""

    at: str
    verdict: str
    reason: str


class Automation(DocumentedRule):
    """A rule with its trigger and what it did last."""

    last_firing: LastFiring | None


class Automations(TypedDict):
    """A page of rules, by name."""

    items: list[Automation]
    next: str | None


@dataclass(frozen=True, slots=True)
class Given:
    """A rule as it was sent, and in our words."""

    sent: JSON
    rule: JSON


async def in_our_words(request: Request) -> Given:
    """The rule of a body. Raises ``Malformed``, ``Refused``, ``Invalid``."""
    document = await definition(request)
    return Given(document, _rule(document) if isinstance(document, dict) else document)


Definition = Annotated[Given, Depends(in_our_words)]


@router.post(RULES, status_code=201, responses=answers(DocumentedRule, 201), openapi_extra=takes_rule(once=True))
@needs(Role.EDITOR)
async def create_rule(request: Request, services: ServicesDep, caller: CallerDep, given: Definition) -> Response:
    """Saves a new rule, as `POST /api/v1/automation-rules` does; one without a name gets one."""
    _own_tenant(caller, given.sent)
    with _as_sent(given.sent):
        return _told(caller, await rules.create_rule(request, services, caller, _with_name(given.rule)))


@router.get(RULES, responses=answers(DocumentedRules, 200))
@needs(Role.VIEWER)
async def list_rules(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """By name."""
    page = body_of(await rules.list_rules(services, caller, paging))
    found: Any = page["items"]
    return json_answer({"items": [_documented(caller, rule) for rule in found], "next": page["next"]})


@router.get(RULES + "/{rule}", responses=answers(DocumentedRule, 200))
@needs(Role.VIEWER)
async def get_rule(request: Request, services: ServicesDep, caller: CallerDep, rule: Named) -> Response:
    """One rule with its trigger."""
    return _told(caller, await rules.get_rule(request, services, caller, rule))


@router.put(RULES + "/{rule}", responses=answers(DocumentedRule, 200), openapi_extra=takes_rule())
@needs(Role.EDITOR)
async def save_rule(
    request: Request, services: ServicesDep, caller: CallerDep, rule: Named, given: Definition
) -> Response:
    """Replaces the rule; one without a name keeps its own."""
    _own_tenant(caller, given.sent)
    record = await services.engine.rules.get(caller.tenant, rule)
    with _as_sent(given.sent):
        document = _with_name(given.rule, record.name)
        return _told(caller, await rules.save_rule(request, services, caller, record.id, document))


@router.delete(RULES + "/{rule}", status_code=204, responses=answers(None, 204))
@needs(Role.EDITOR)
async def delete_rule(services: ServicesDep, caller: CallerDep, rule: Named) -> Response:
    """It doesn't act any more."""
    return await rules.delete_rule(services, caller, rule)


@router.get("/admin/automations", responses=answers(Automations, 200))
@needs(Role.VIEWER)
async def list_automations(request: Request, services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """Every rule by name, with its trigger's address or next time, and what it did last."""
    page = await services.engine.rules.list(caller.tenant, paging.cursor, paging.limit)
    items = []
    for record in page.items:
        rule: Any = await rules.rule_json(request, services, caller, record)
        items.append({**_documented(caller, rule), "last_firing": await _last_firing(services, caller, record.id)})
    return json_answer({"items": items, "next": page.next})


@router.post(
    "/events/{event_type}",
    status_code=201,
    responses=answers(PostedShape, 200, 201),
    openapi_extra=takes_json("The event's data: an object."),
)
@needs(Role.OPERATOR)
async def post_event(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    event_type: str,
    data: Annotated[JSON, Depends(json_value)],
) -> Response:
    """Appends an event of this type with the body as its data; an `Idempotency-Key` makes a repeat the same event."""
    event = understood(EventIn, {"type": event_type, "data": data})
    return await events.post_own(request, services, caller, event)


async def _last_firing(services: Services, caller: Caller, rule_id: str) -> LastFiring | None:
    newest = await services.engine.triggers.firings(caller.tenant, FiringFilter(Owner("rule", rule_id)), None, 1)
    if not newest.items:
        return None
    shown = firing_summary(newest.items[0], {}, caller.instance_admin)
    return {"at": shown["at"], "verdict": shown["verdict"], "reason": shown["reason"]}


# -- words -------------------------------------------------------------------------------------------------------------


def _rule(document: JSONObject) -> JSONObject:
    """A rule in our words. Raises ``Invalid`` where the document has one thing in both."""
    if "actions" in document and "jobs" in document:
        raise Invalid([Problem("actions", "is another word for jobs; give one of them")], _TITLE)
    made = {"jobs" if key == "actions" else key: value for key, value in document.items() if key not in _SAID}
    if "trigger_type" in document:
        made["trigger"] = _trigger(document["trigger_type"], document.get("trigger", {}))
    elif isinstance(document.get("trigger"), dict):
        made["trigger"] = _in_ours(document["trigger"])
    jobs = made.get("jobs")
    if isinstance(jobs, list):
        made["jobs"] = [_in_ours(job) for job in jobs]
    return made


def _trigger(kind: JSON, given: JSON) -> JSON:
    """A trigger with its type. Raises ``Invalid`` for a type that this document doesn't have."""
    name = kind.upper() if isinstance(kind, str) else ""
    if name not in TYPES:
        raise Invalid([Problem("trigger_type", f"must be one of {', '.join(TYPES)}")], _TITLE)
    if isinstance(given, str):
        return _trigger_of_text(name, given)
    if not isinstance(given, dict):
        return given
    ours = _in_ours(given)
    timed = next((clock for clock in CLOCKS if clock in given), "cron")
    return {"type": timed if name == "CRON" else TYPES[name], **(ours if isinstance(ours, dict) else {})}


def _trigger_of_text(name: str, text: str) -> JSONObject:
    match = _EVENT_TEXT.fullmatch(text)
    if name == "CRON":
        return {"type": "cron", "cron": text}
    if name != "INTERNAL_EVENT" or match is None:
        raise Invalid([Problem("trigger", "must be an object, or text such as job_succeeded: job_type=X")], _TITLE)
    event = match[1].replace("job_", "job.", 1) if match[1].startswith("job_") else match[1]
    kind: JSONObject = {} if match[2] is None else {"kind": match[2]}
    return {"type": "event", "event": event, **kind}


def _in_ours(value: JSON) -> JSON:
    return {WORDS.get(key, key): inner for key, inner in value.items()} if isinstance(value, dict) else value


def _own_tenant(caller: Caller, document: JSON) -> None:
    if isinstance(document, dict) and document.get("tenant_id") not in (None, caller.tenant):
        raise NotFound("there is no tenant with this id")


def _with_name(document: JSON, name: str | None = None) -> JSON:
    """A rule that was sent without a name has its own, or one that is the same for the same rule."""
    if not isinstance(document, dict) or "name" in document:
        return document
    text = json.dumps(document, sort_keys=True)
    return {**document, "name": name or f"rule-{sha256(text.encode()).hexdigest()[:12]}"}


@contextmanager
def _as_sent(document: JSON) -> Iterator[None]:
    """Names problems by the words that the body used."""
    try:
        yield
    except Invalid as error:
        renamed = [Problem(_renamed(problem.path, document), problem.message) for problem in error.problems]
        raise Invalid(renamed, error.title) from None


def _renamed(path: str, document: JSON) -> str:
    """A path in our words as the body has it."""
    if not isinstance(document, dict):
        return path
    if path == "trigger.type" and "trigger_type" in document:
        return "trigger_type"
    if path == "trigger.kind" and _says(document.get("trigger"), "job_type"):
        return "trigger.job_type"
    match = _JOB_PATH.fullmatch(path)
    if match is None:
        return path
    listed = "actions" if "actions" in document else "jobs"
    jobs, index = document.get(listed), int(match[1] or -1)
    job = jobs[index] if isinstance(jobs, list) and 0 <= index < len(jobs) else None
    rest = match[2]
    for word, ours in WORDS.items():
        if rest == f".{ours}" and (_says(job, word) or (listed == "actions" and not _says(job, ours))):
            rest = f".{word}"
    return f"{listed}{'' if match[1] is None else f'[{match[1]}]'}{rest}"


def _says(value: JSON, word: str) -> bool:
    return isinstance(value, dict) and word in value


def _told(caller: Caller, response: Response) -> Response:
    return json_answer(_documented(caller, body_of(response)), response.status_code, headers_of(response))


def _documented(caller: Caller, rule: Mapping[str, Any]) -> dict[str, Any]:
    document = rule["definition"]
    conditions, jobs, trigger = (document.get(name) for name in ("conditions", "jobs", "trigger"))
    kind = trigger.get("type") if isinstance(trigger, dict) else None
    return {
        **rule,
        "tenant_id": caller.tenant,
        "trigger_type": next((word for word, ours in TYPES.items() if ours == kind), "CRON"),
        "conditions": conditions if isinstance(conditions, list) else [] if conditions is None else [conditions],
        "actions": [_action(job) for job in jobs] if isinstance(jobs, list) else [],
    }


def _action(job: Any) -> Any:
    """A job template with the words of this document beside ours."""
    if not isinstance(job, dict):
        return job
    return {**job, **{word: job[ours] for word, ours in WORDS.items() if ours in job}}
