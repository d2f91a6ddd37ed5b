"""The kinds that tell others something: notify, webhook.respond, event.emit."""

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from holdfast.model.event import RESERVED_TYPES
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Emit, Failed, Outcome, Succeeded
from holdfast.nodes.event_emit import EventEmit
from holdfast.nodes.notify import Notify
from holdfast.nodes.webhook_respond import WebhookRespond
from holdfast.outgoing.smtp import SmtpTransport, read_smtp_url
from holdfast.ports import NodeContext
from tests.nodes.conftest import OpenSession, Serve
from tests.support.smtp import SmtpServer


@pytest.fixture
def notify(open_session: OpenSession, smtp_server: SmtpServer) -> Notify:
    return Notify(open_session(), SmtpTransport(read_smtp_url(smtp_server.url)))


async def test_a_notice_goes_to_the_log(notify: Notify, context: NodeContext) -> None:
    with capture_logs() as lines:
        outcome = await notify.execute(context, {"channel": "log", "message": {"storm": True}})
    assert outcome == Succeeded({"channel": "log"})
    assert (lines[0]["event"], lines[0]["node_id"]) == ('{"storm":true}', "step")


async def test_a_notice_goes_out_by_mail(notify: Notify, smtp_server: SmtpServer, context: NodeContext) -> None:
    params: JSONObject = {"channel": "email", "to": "ada@example.com", "message": "\nStorm over Berlin.\nStay inside."}
    outcome = await notify.execute(context, params)
    assert isinstance(outcome, Succeeded)
    assert isinstance(outcome.result, dict)
    assert (outcome.result["channel"], outcome.result["accepted"]) == ("email", ["ada@example.com"])
    mail = await smtp_server.received()
    assert mail.subject == "Storm over Berlin."


@pytest.mark.parametrize(
    ("message", "subject"),
    [("x" * 200, "x" * 119 + "…"), ("", "Notification"), ("a\tb", "a b")],
)
async def test_a_mail_without_subject_has_its_first_line(
    message: str, subject: str, notify: Notify, smtp_server: SmtpServer, context: NodeContext
) -> None:
    outcome = await notify.execute(context, {"channel": "email", "to": "ada@example.com", "message": message})
    assert isinstance(outcome, Succeeded), outcome
    mail = await smtp_server.received()
    assert mail.subject == subject


async def test_a_notice_goes_to_a_chat(notify: Notify, serve: Serve, context: NodeContext) -> None:
    seen: list[object] = []

    async def chat(request: web.Request) -> web.Response:
        seen.append((request.method, await request.json(), request.headers["Idempotency-Key"]))
        return web.Response(text="ok")

    server = await serve(chat)
    params: JSONObject = {"channel": "webhook", "url": str(server.make_url("/hook")), "message": "Storm"}
    assert await notify.execute(context, params) == Succeeded({"channel": "webhook", "status": 200})
    assert seen == [("POST", {"text": "Storm"}, "key-1")]


async def failure(node: Notify, context: NodeContext, params: JSONObject) -> tuple[str, bool]:
    outcome = await node.execute(context, params)
    assert isinstance(outcome, Failed), outcome
    return outcome.error.type, outcome.final


async def test_what_a_chat_refuses_is_the_failure_of_the_call(
    notify: Notify, serve: Serve, context: NodeContext
) -> None:
    async def busy(request: web.Request) -> web.Response:
        return web.Response(status=503)

    server = await serve(busy)
    params: JSONObject = {"channel": "webhook", "url": str(server.make_url("/")), "message": "Storm"}
    assert await failure(notify, context, params) == ("http_status", False)


async def test_a_notice_reaches_no_address_that_is_closed(
    open_session: OpenSession, smtp_server: SmtpServer, serve: Serve, context: NodeContext
) -> None:
    async def never(request: web.Request) -> web.Response:
        raise AssertionError("nothing may come here")

    server = await serve(never)
    guarded = Notify(open_session("public"), SmtpTransport(read_smtp_url(smtp_server.url)))
    params: JSONObject = {"channel": "webhook", "url": str(server.make_url("/")), "message": "x"}
    assert (await failure(guarded, context, params))[1]


async def test_a_notice_to_nowhere_is_final(notify: Notify, context: NodeContext) -> None:
    assert await failure(notify, context, {"channel": "fax", "message": "x"}) == ("params", True)
    assert await failure(notify, context, {"channel": "email", "to": "nobody", "message": "x"}) == ("params", True)
    assert await failure(notify, context, {"channel": "webhook", "url": "chat", "message": "x"}) == ("params", True)


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        ({}, {"status": 200, "headers": {}}),
        ({"status": 201, "json": {"id": 1}}, {"status": 201, "headers": {}, "json": {"id": 1}}),
        ({"body": "ok", "headers": {"X-A": "1"}}, {"status": 200, "headers": {"X-A": "1"}, "body": "ok"}),
        ({"json": None}, {"status": 200, "headers": {}, "json": None}),
    ],
)
async def test_the_answer_to_a_webhook_is_the_output(
    params: JSONObject, answer: JSONObject, context: NodeContext
) -> None:
    assert await WebhookRespond().execute(context, params) == Succeeded(answer)


async def emitted(context: NodeContext, params: JSONObject) -> Outcome:
    return await EventEmit().execute(context, params)


async def test_an_event_is_made_known_with_the_success(context: NodeContext) -> None:
    assert await emitted(context, {"type": "order.paid", "data": {"order": 17}, "subject": 17}) == Succeeded(
        {"type": "order.paid", "data": {"order": 17}, "subject": "17"},
        emits=(Emit("order.paid", {"order": 17}, "17"),),
    )
    assert await emitted(context, {"type": "tick"}) == Succeeded(
        {"type": "tick", "data": {}, "subject": None}, emits=(Emit("tick", {}),)
    )


@pytest.mark.parametrize("word", RESERVED_TYPES)
async def test_nobody_makes_the_engines_facts_up(word: str, context: NodeContext) -> None:
    outcome = await emitted(context, {"type": f"{word}done"})
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("params", True)


async def test_an_event_tells_an_object(context: NodeContext) -> None:
    assert isinstance(await emitted(context, {"type": "a", "data": [1]}), Failed)
