"""Triggers of every type: what is read of them, and every problem with its path, rule and way out."""

from typing import Any, Final

import pytest

from holdfast.definition_yaml import read_yaml
from holdfast.model.instant import HOUR, MINUTE, SECOND, parse_instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.limits import Rate
from holdfast.model.trigger import ClockSpec, EventSpec, Gather, Signature, Spec, WebhookSpec
from holdfast.model.validate import load_trigger, load_workflow, read_workflow, timing_of
from holdfast.model.workflow import TriggerDef
from holdfast.nodes.email_send import SPEC as EMAIL
from holdfast.nodes.webhook_respond import SPEC as RESPOND
from tests.model.definitions import CRONS, SCHEMAS, SPECS, document, node, problems, read

KINDS: Final = {**SPECS, EMAIL.type: EMAIL, RESPOND.type: RESPOND}

# The design's own example, as it stands there.
EXAMPLE: Final = """\
holdfast: 1
name: lead-qualification
input: {type: object, required: [email], properties: {email: {type: string}}}     # JSON Schema, checked at the start
vars: {threshold: 80}
settings: {timeout: 1h, queue: default, priority: 0, max_concurrent_runs: 100, on_failure: cancel}   # or drain
triggers:
  - {id: signup, type: webhook}
  - {id: nightly, type: cron, cron: "0 7 * * *", timezone: Europe/Berlin, misfire: once, input: {email: ops@example.com}}
nodes:
  - id: enrich
    type: http.request
    params: {method: POST, url: "https://crm.example.com/enrich", json: {email: "{{ input.email }}"}}
    retry: {max_attempts: 5, strategy: exponential, base_delay: 2s, max_delay: 5m, jitter: full}
    timeout: 30s
  - {id: hot, type: if, params: {condition: "nodes.enrich.output.json.score > vars.threshold"}}
  - {id: mail, type: email.send, params: {to: "{{ input.email }}", subject: "Hello", text: "Score {{ nodes.enrich.output.json.score }}"}}
  - {id: note, type: log, params: {message: "cold lead"}}
  - {id: done, type: transform, params: {value: {qualified: "{{ nodes.hot.output.result }}"}}}
edges:
  - {from: enrich, to: hot}
  - {from: hot.true, to: mail}
  - {from: hot.false, to: note}
  - {from: mail, to: done}
  - {from: note, to: done}
output: "{{ nodes.done.output }}"
layout: {enrich: {x: 0, y: 0}}          # canvas positions, nothing else
"""  # noqa: E501 — word for word


def test_the_design_s_example_is_valid() -> None:
    workflow = read_workflow(read_yaml(EXAMPLE), KINDS, SCHEMAS, CRONS)
    signup, nightly = workflow.triggers
    assert signup.spec == WebhookSpec()
    assert nightly.spec == ClockSpec(cron="0 7 * * *", timezone="Europe/Berlin", misfire="once")
    assert nightly.input == {"email": "ops@example.com"}
    assert load_workflow(workflow.document, KINDS) == workflow


def trigger(**fields: JSON) -> JSONObject:
    return {"id": "t", **fields}


def made(**fields: JSON) -> TriggerDef:
    """The trigger of a valid definition; read leniently it is the same."""
    given = trigger(**fields)
    [found] = read(document(triggers=[given])).triggers
    assert found == load_trigger(given)
    assert found.document == given
    return found


SIGNED: Final[JSONObject] = {"type": "standard", "secret": "KEY"}

SPECIFIED: Final[list[tuple[JSONObject, Spec | None]]] = [
    ({"type": "manual"}, None),
    ({"type": "webhook"}, WebhookSpec()),
    ({"type": "webhook", "signature": "none"}, WebhookSpec()),
    ({"type": "webhook", "signature": {"type": "none"}}, WebhookSpec()),
    (
        {
            "type": "webhook",
            "methods": ["post", "PUT", "POST"],
            "signature": SIGNED,
            "respond": "result",
            "wait": "5m",
            "max_body": 8 * 1024 * 1024,
            "rate": "100/1m",
            "dedupe": "trigger.body.id",
            "cors": ["https://app.example.com", "http://localhost:3000"],
        },
        WebhookSpec(
            methods=("POST", "PUT"),
            signature=Signature("standard", ("KEY",)),
            respond="result",
            wait=5 * MINUTE,
            max_body=8 * 1024 * 1024,
            rate=Rate(100, MINUTE),
            dedupe="trigger.body.id",
            cors=("https://app.example.com", "http://localhost:3000"),
        ),
    ),
    ({"type": "webhook", "cors": "*"}, WebhookSpec(cors=("*",))),
    (
        {"type": "webhook", "signature": {"type": "stripe", "secrets": ["NEW", "OLD", "NEW"], "tolerance": "1m"}},
        WebhookSpec(signature=Signature("stripe", ("NEW", "OLD"), MINUTE)),
    ),
    (
        {
            "type": "webhook",
            "signature": {
                "type": "hmac",
                "secret": "KEY",
                "header": "X-My-Signature",
                "algorithm": "sha512",
                "encoding": "base64",
                "prefix": "sha512=",
            },
        },
        WebhookSpec(
            signature=Signature(
                "hmac", ("KEY",), header="x-my-signature", algorithm="sha512", encoding="base64", prefix="sha512="
            )
        ),
    ),
    (
        {"type": "webhook", "signature": {"type": "basic", "secret": "KEY", "user": "ann"}},
        WebhookSpec(signature=Signature("basic", ("KEY",), user="ann")),
    ),
    (
        {"type": "webhook", "signature": {"type": "bearer", "secret": "_k9"}},
        WebhookSpec(signature=Signature("bearer", ("_k9",))),
    ),
    ({"type": "cron", "cron": "@daily"}, ClockSpec(cron="@daily")),
    (
        {
            "type": "cron",
            "cron": "0 0 7 LW * *",
            "timezone": "America/New_York",
            "starts_at": "2026-01-01T00:00:00+01:00",
            "ends_at": "2026-07-01T00:00:00",
            "jitter": "5m",
            "misfire": "all",
            "misfire_limit": 7,
        },
        ClockSpec(
            cron="0 0 7 LW * *",
            timezone="America/New_York",
            starts_at=parse_instant("2025-12-31T23:00:00Z"),
            ends_at=parse_instant("2026-07-01T04:00:00Z"),
            jitter=5 * MINUTE,
            misfire="all",
            misfire_limit=7,
        ),
    ),
    ({"type": "every", "every": "1s", "misfire": "skip"}, ClockSpec(every=SECOND, misfire="skip")),
    ({"type": "at", "at": "2026-01-31T09:30:00Z"}, ClockSpec(at=parse_instant("2026-01-31T09:30:00Z"))),
    (
        {"type": "at", "at": "2026-07-31T09:30:00", "timezone": "Europe/Berlin"},
        ClockSpec(at=parse_instant("2026-07-31T07:30:00Z"), timezone="Europe/Berlin"),
    ),
    (  # the first of the two
        {"type": "at", "at": "2026-10-25T02:30:00", "timezone": "Europe/Berlin"},
        ClockSpec(at=parse_instant("2026-10-25T00:30:00Z"), timezone="Europe/Berlin"),
    ),
    ({"type": "event", "event": "*"}, EventSpec("*")),
    (
        {"type": "event", "event": "order.*", "condition": "event.data.total > 5 && event.subject != null"},
        EventSpec("order.*", condition="event.data.total > 5 && event.subject != null"),
    ),
    (
        {"type": "event", "event": "job.succeeded", "kind": "task:bill"},
        EventSpec("job.succeeded", where=(("kind", "task:bill"),)),
    ),
    (
        {"type": "event", "event": "workflow.finished", "workflow": "nightly"},
        EventSpec("workflow.finished", where=(("workflow", "nightly"),)),
    ),
    ({"type": "event", "event": "a", "debounce": "30s"}, EventSpec("a", gather=Gather(quiet=30 * SECOND))),
    (
        {"type": "event", "event": "a", "batch": {"size": 100, "within": "10s"}},
        EventSpec("a", gather=Gather(within=10 * SECOND, size=100)),
    ),
    (
        {"type": "event", "event": "a", "debounce": "1s", "batch": {"size": 9}},
        EventSpec("a", gather=Gather(quiet=SECOND, size=9)),
    ),
]


@pytest.mark.parametrize(("fields", "spec"), SPECIFIED)
def test_a_trigger_is_read(fields: dict[str, Any], spec: Spec | None) -> None:
    assert made(**fields).spec == spec


WRONG: Final[list[tuple[JSON, str, str]]] = [
    ("webhook", "", "expected an object, not text"),
    ({"id": "x"}, ".type", "type is missing"),
    ({"type": "manual"}, ".id", "id is missing"),
    ({"id": "a b", "type": "manual"}, ".id", "1 to 100 letters"),
    ({"id": "x", "type": "hook"}, ".type", "must be one of webhook, cron, every, at, event, manual"),
    ({"id": "x", "type": ["cron"]}, ".type", "must be one of"),
    (trigger(type="manual", input={}), ".input", "unknown key"),
    (trigger(type="webhook", inputs={}), ".inputs", 'did you mean "input"?'),
    (trigger(type="webhook", cron="0 7 * * *"), ".cron", "unknown key"),
    (trigger(type="cron", cron="0 7 * * *", every="1h"), ".every", "unknown key"),
    # webhooks
    (trigger(type="webhook", methods="POST"), ".methods", "expected a list"),
    (trigger(type="webhook", methods=[]), ".methods", "leave methods out to allow any"),
    (trigger(type="webhook", methods=["POST", "G E T"]), ".methods[1]", "such as POST"),
    (trigger(type="webhook", respond="later"), ".respond", "must be one of now, result, node"),
    (trigger(type="webhook", respond="node"), ".respond", "needs a webhook.respond node"),
    (trigger(type="webhook", wait="10s"), ".wait", "needs respond: result"),
    (trigger(type="webhook", respond="result", wait="6m"), ".wait", "must be at most 5m"),
    (trigger(type="webhook", respond="result", wait="0s"), ".wait", "longer than nothing"),
    (trigger(type="webhook", max_body=8 * 1024 * 1024 + 1), ".max_body", "between 1 and 8388608"),
    (trigger(type="webhook", max_body=0), ".max_body", "between 1 and"),
    (trigger(type="webhook", rate="many"), ".rate", "such as 10/1s"),
    (trigger(type="webhook", rate=5), ".rate", "expected text, not a number"),
    (trigger(type="webhook", dedupe=True), ".dedupe", "expected text"),
    (trigger(type="webhook", dedupe="trigger.body.("), ".dedupe", "at character"),
    (trigger(type="webhook", dedupe="{{ trigger.body.id }}"), ".dedupe", "without {{ and }}"),
    (trigger(type="webhook", dedupe="event.id"), ".dedupe", "event"),
    (trigger(type="webhook", dedupe="trigger.headrs.x"), ".dedupe", 'trigger has no "headrs"; did you mean "headers"?'),
    (trigger(type="webhook", cors="https://a.example"), ".cors", "expected a list"),
    (trigger(type="webhook", cors=["https://a.example/path"]), ".cors[0]", "without a path"),
    (trigger(type="webhook", signature="standard"), ".signature", "{type: standard, secret: NAME}"),
    (trigger(type="webhook", signature={}), ".signature.type", "type is missing"),
    (trigger(type="webhook", signature={"type": "md5"}), ".signature.type", "must be one of standard, github"),
    (trigger(type="webhook", signature={"type": "none", "secret": "A"}), ".signature.secret", "unknown key"),
    (trigger(type="webhook", signature={"type": "github"}), ".signature.secret", "give either secret"),
    (trigger(type="webhook", signature={**SIGNED, "secrets": ["A"]}), ".signature.secret", "give either secret"),
    (trigger(type="webhook", signature={"type": "github", "secrets": []}), ".signature.secrets", "at least one"),
    (trigger(type="webhook", signature={"type": "github", "secrets": ["A", "9"]}), ".signature.secrets[1]", "letters"),
    (trigger(type="webhook", signature={"type": "github", "secret": "a-b"}), ".signature.secret", "1 to 64 letters"),
    (trigger(type="webhook", signature={"type": "github", "secret": "a" * 65}), ".signature.secret", "1 to 64"),
    (trigger(type="webhook", signature={**SIGNED, "header": "x"}), ".signature.header", "unknown key"),
    (
        trigger(type="webhook", signature={**SIGNED, "type": "github", "tolerance": "1m"}),
        ".signature.tolerance",
        "unknown",
    ),
    (trigger(type="webhook", signature={**SIGNED, "tolerance": "500ms"}), ".signature.tolerance", "at least 1s"),
    (trigger(type="webhook", signature={**SIGNED, "type": "hmac", "header": "a b"}), ".signature.header", "name of a"),
    (trigger(type="webhook", signature={**SIGNED, "type": "hmac", "algorithm": "md5"}), ".signature.algorithm", "sha1"),
    (trigger(type="webhook", signature={**SIGNED, "type": "basic"}), ".signature.user", "needs the name of the user"),
    # clocks
    (trigger(type="cron"), ".cron", "cron is missing"),
    (trigger(type="cron", cron=7), ".cron", "expected text"),
    (trigger(type="cron", cron="0 25 * * *"), ".cron", "the hour must lie in 0–23"),
    (trigger(type="cron", cron="0 0 30 2 *"), ".cron", "never fires"),
    (trigger(type="cron", cron="0 7 * * *", timezone="Berlin"), ".timezone", "did you mean Europe/Berlin?"),
    (trigger(type="cron", cron="0 7 * * *", timezone=None), ".timezone", "expected text"),
    (trigger(type="cron", cron="0 7 * * *", misfire="twice"), ".misfire", "must be one of skip, once, all"),
    (trigger(type="cron", cron="0 7 * * *", misfire_limit=5), ".misfire_limit", "needs misfire: all"),
    (trigger(type="cron", cron="@daily", misfire="all", misfire_limit=0), ".misfire_limit", "between 1 and 10000"),
    (trigger(type="cron", cron="0 7 * * *", jitter="2d"), ".jitter", "must be at most 1d"),
    (trigger(type="cron", cron="@daily", starts_at="soon"), ".starts_at", "RFC 3339"),
    (trigger(type="cron", cron="@daily", starts_at="2026-01-31"), ".starts_at", "needs an offset"),
    (
        trigger(type="cron", cron="@daily", starts_at="2026-02-01T00:00:00Z", ends_at="2026-01-31T00:00:00Z"),
        ".ends_at",
        "before starts_at",
    ),
    (trigger(type="every"), ".every", "every is missing"),
    (trigger(type="every", every="999ms"), ".every", "must be at least 1s"),
    (trigger(type="every", every=60), ".every", "expected text"),
    (trigger(type="every", every="hourly"), ".every", "such as 500ms"),
    (trigger(type="at"), ".at", "at is missing"),
    (trigger(type="at", at="2026-01-31T09:30:00"), ".at", "needs an offset, such as Z or +01:00, or a timezone"),
    (trigger(type="at", at=5), ".at", "expected text"),
    (
        trigger(type="at", at="2026-03-29T02:30:00", timezone="Europe/Berlin"),
        ".at",
        "clocks of Europe/Berlin go forward",
    ),
    (trigger(type="at", at="9999-12-31T23:00:00", timezone="Europe/Berlin"), ".at", "between 1970 and 9999"),
    (trigger(type="at", at="1969-12-31T23:00:00Z"), ".at", "between 1970 and 9999"),
    (trigger(type="at", at="2026-01-31T09:30:00Z", ends_at="2026-01-31T09:00:00Z"), ".at", "would never fire"),
    # events
    (trigger(type="event"), ".event", "event is missing"),
    (trigger(type="event", event="*.created"), ".event", "order.* or *"),
    (trigger(type="event", event=""), ".event", "expected an event's type"),
    (trigger(type="event", event="trigger.*"), ".event", "starts nothing"),
    (trigger(type="event", event="order.*", kind="x"), ".kind", "only job.* events have a kind"),
    (trigger(type="event", event="workflow.finshed"), ".event", 'did you mean "workflow.finished"?'),
    (trigger(type="event", event="queue.full"), ".event", 'the engine tells no event "queue.full"'),
    (trigger(type="event", event="job.dead", kind=""), ".kind", "must not be empty"),
    (trigger(type="event", event="job.dead", workflow="x"), ".workflow", "only workflow.* and node.* events"),
    (trigger(type="event", event="a", condition="event.data."), ".condition", "at character"),
    (trigger(type="event", event="a", condition="rule.name == 'pro'"), ".condition", "'rule' (it may read event)"),
    (trigger(type="event", event="a", condition="event.payload.x > 1"), ".condition", 'event has no "payload"'),
    (trigger(type="event", event="a", debounce="0s"), ".debounce", "longer than nothing"),
    (trigger(type="event", event="a", batch={"size": 5}), ".batch.within", "within is missing"),
    (trigger(type="event", event="a", batch={"size": 0, "within": "1s"}), ".batch.size", "between 1 and 1000"),
    (trigger(type="event", event="a", batch=5), ".batch", "expected an object"),
    (trigger(type="event", event="a", batch={"within": "1s", "max": 5}), ".batch.max", "unknown key"),
    # what the input reads
    (trigger(type="cron", cron="@daily", input={"x": "{{ trigger.body.x }}"}), ".input.x", 'trigger has no "body"'),
    (trigger(type="event", event="a", input={"x": "{{ trigger.event.dta }}"}), ".input.x", 'did you mean "data"?'),
    (trigger(type="event", event="a", input="{{ event.data }}"), ".input", "the event is trigger.event"),
    (trigger(type="webhook", input={"x": "{{ nodes.a.output }}"}), ".input.x", "nodes isn't there when a trigger"),
    (trigger(type="webhook", input={"x": "{{ input.a }}"}), ".input.x", "it reads trigger and vars"),
]


@pytest.mark.parametrize(("given", "path", "message"), WRONG)
def test_a_wrong_trigger_is_told(given: JSON, path: str, message: str) -> None:
    found = problems(document(triggers=[given]))
    assert list(found) == [f"triggers[0]{path}"]
    assert message in found[f"triggers[0]{path}"]


def test_every_problem_of_a_trigger_is_told_at_once() -> None:
    given = trigger(
        type="cron",
        cron="99 * * * *",
        timezone="Nowhere",
        jitter="-1s",
        misfire="x",
        colour="red",
        ends_at="x",
        input="{{ (",
    )
    keys = ("cron", "timezone", "jitter", "misfire", "colour", "ends_at", "input")
    assert set(problems(document(triggers=[given]))) == {f"triggers[0].{key}" for key in keys}


def test_a_node_may_answer_if_there_is_one() -> None:
    given = document(
        [node("a"), node("say", RESPOND.type)], triggers=[trigger(type="webhook", respond="node", wait="2s")]
    )
    [found] = read_workflow(given, KINDS, SCHEMAS, CRONS).triggers
    assert found.spec == WebhookSpec(respond="node", wait=2 * SECOND)


@pytest.mark.parametrize(
    "text",
    [
        "{{ trigger.fire_at }} {{ trigger.id }} {{ has(trigger.backfill) }}",
        "{{ vars.a }}",
    ],
)
def test_the_input_of_a_clock_sees_its_time(text: str) -> None:
    read(document(vars={"a": 1}, triggers=[trigger(type="every", every="1h", input={"x": text})]))


def test_a_stored_trigger_is_read_whatever_the_rules_say_now() -> None:
    stored = trigger(type="cron", cron="99 * * * *", timezone="Gone/Zone", misfire="never", more=1)
    assert load_trigger(stored) == TriggerDef("t", "cron", None, ClockSpec(cron="99 * * * *"), stored)
    assert load_trigger({"type": "every", "every": "1h"}).id == "trigger"
    assert load_trigger({"id": "t", "type": "gone"}).spec is None


def test_timing_is_what_decides_the_times() -> None:
    plain = ClockSpec(cron="0 7 * * MON", timezone="Europe/Berlin")
    same = ClockSpec(cron=" 0  7 * * mon ", timezone="Europe/Berlin", jitter=MINUTE, misfire="all", misfire_limit=3)
    assert timing_of(plain) == timing_of(same)
    others = [
        ClockSpec(cron="0 7 * * MON"),
        ClockSpec(cron="0 8 * * MON", timezone="Europe/Berlin"),
        ClockSpec(cron="0 7 * * MON", timezone="Europe/Berlin", starts_at=HOUR),
        ClockSpec(cron="0 7 * * MON", timezone="Europe/Berlin", ends_at=HOUR),
        ClockSpec(every=HOUR),
        ClockSpec(at=HOUR),
    ]
    assert len({timing_of(spec) for spec in (plain, *others)}) == len(others) + 1
    assert timing_of(ClockSpec(every=HOUR, timezone="Europe/Berlin")) == timing_of(ClockSpec(every=HOUR))
    assert timing_of(WebhookSpec()) is timing_of(EventSpec("a")) is timing_of(None) is None
