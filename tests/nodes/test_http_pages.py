"""Pagination against real servers: by address, by parameter, by Link header, and where it ends."""

import json
from typing import Any

import pytest
from aiohttp import web

from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.http_params import PARAMS
from holdfast.nodes.http_request import HttpRequest
from holdfast.ports import NodeContext
from holdfast.schema import JsonSchemas
from tests.nodes.conftest import Handler, OpenSession, Serve
from tests.nodes.lifelines import Told

LAST = 3
BY_ADDRESS: JSONObject = {"next": "response.json.next", "items": "response.json.items"}


class Book:
    """A service of three pages with two numbers each; it keeps what it was asked."""

    def __init__(self, **more: Any) -> None:
        self.asked: list[web.Request] = []
        self.more = more

    async def __call__(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        page = int(request.query.get("page", "1"))
        items: list[JSON] = [page * 10, page * 10 + 1] if page <= LAST else []
        body = {"items": items, "next": f"/list?page={page + 1}" if page < LAST else None}
        link = f'</list?page={page + 1}>; rel="next", </list?page=1>; rel="first"' if page < LAST else ""
        return web.json_response(items if self.more.get("bare") else body, headers={"Link": link})


EVERYTHING = [10, 11, 20, 21, 30, 31]


async def read(serve: Serve, open_session: OpenSession, context: NodeContext, handler: Handler, **params: Any) -> Any:
    server = await serve(handler)
    given = {"url": str(server.make_url("/list")), **params}
    assert JsonSchemas().check(PARAMS, given) == []
    outcome = await HttpRequest(open_session()).execute(context, given)
    if isinstance(outcome, Succeeded):
        assert problems_of(outcome.result) == []
        return outcome.result
    return outcome


@pytest.mark.parametrize(
    ("paginate", "bare", "pages"),
    [
        (BY_ADDRESS, False, 3),
        ({"link": True}, True, 3),
        ({"link": True, "items": "response.json.items"}, False, 3),
        ({"next": "size(response.json) > 0 ? page + 1 : null", "param": "page"}, True, 4),
        (
            {
                "next": "response.json.next != null ? response.json.next.substring(11) : null",
                "param": "page",
                "items": "response.json.items",
            },
            False,
            3,
        ),
    ],
    ids=["address", "link", "link with items", "page number", "cursor"],
)
async def test_all_pages_make_one_list(
    paginate: JSONObject, bare: bool, pages: int, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    book = Book(bare=bare)
    output = await read(serve, open_session, context, book, paginate=paginate)
    assert (output["json"], output["pages"], output["more"]) == (EVERYTHING, pages, False)
    assert (output["status"], output["text"], len(book.asked)) == (200, None, pages)


async def test_the_most_pages_are_a_bound_that_the_output_tells(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    book = Book()
    output = await read(serve, open_session, context, book, paginate={**BY_ADDRESS, "max_pages": 2})
    assert (output["json"], output["pages"], output["more"], len(book.asked)) == (EVERYTHING[:4], 2, True, 2)


async def test_each_page_is_a_request_of_its_own_with_the_same_credentials(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    book = Book()
    await read(serve, open_session, context, book, paginate=BY_ADDRESS, auth={"type": "bearer", "token": "t"})
    assert [asked.headers["Idempotency-Key"] for asked in book.asked] == ["key-1", "key-1-page-2", "key-1-page-3"]
    assert {asked.headers["Authorization"] for asked in book.asked} == {"Bearer t"}


async def test_a_next_page_elsewhere_gets_no_credentials(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    book = Book()
    other = await serve(book)

    async def first(request: web.Request) -> web.Response:
        return web.json_response({"items": [1], "next": str(other.make_url("/list?page=3"))})

    output = await read(serve, open_session, context, first, paginate=BY_ADDRESS, auth={"type": "bearer", "token": "t"})
    assert output["json"] == [1, 30, 31]
    assert "Authorization" not in book.asked[0].headers


async def test_a_next_page_passes_the_guard(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    async def inside(request: web.Request) -> web.Response:
        return web.json_response({"items": [], "next": "http://169.254.169.254/latest"})

    failed = await read(serve, open_session, context, inside, paginate=BY_ADDRESS)
    assert isinstance(failed, Failed)
    assert (failed.error.type, failed.final) == ("address_not_allowed", True)


async def test_pages_that_lead_in_a_circle_end(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    async def circle(request: web.Request) -> web.Response:
        return web.json_response({"items": [1], "next": "/list"})

    failed = await read(serve, open_session, context, circle, paginate=BY_ADDRESS)
    assert isinstance(failed, Failed)
    assert (failed.error.type, failed.final) == ("pagination", True)
    assert "read already" in failed.error.message


@pytest.mark.parametrize(
    ("paginate", "message"),
    [
        ({"next": "response.json.next"}, "page 1: items must give a list"),
        ({**BY_ADDRESS, "items": "response.json.nothing"}, "page 1: items: no such key"),
        ({**BY_ADDRESS, "next": "response.json.items"}, "page 1: next must give a text"),
        ({**BY_ADDRESS, "next": "'http://['"}, "page 1: next must give an address"),
    ],
)
async def test_a_page_that_is_not_as_described_fails_for_good(
    paginate: JSONObject, message: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    failed = await read(serve, open_session, context, Book(), paginate=paginate)
    assert isinstance(failed, Failed)
    assert (failed.error.type, failed.final) == ("pagination", True)
    assert message in failed.error.message


@pytest.mark.parametrize(
    ("paginate", "message"),
    [
        ({"next": "response.json."}, "paginate.next: "),
        ({"next": "answer.json"}, "paginate.next: "),
        ({"link": True, "items": "1 +"}, "paginate.items: "),
    ],
)
async def test_an_expression_that_is_wrong_is_told_with_its_place(
    paginate: JSONObject, message: str, open_session: OpenSession, context: NodeContext
) -> None:
    outcome = await HttpRequest(open_session()).execute(context, {"url": "http://127.0.0.1:9/", "paginate": paginate})
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("params", True)
    assert message in outcome.error.message
    assert "at character" in outcome.error.message


async def test_a_page_that_fails_fails_the_whole(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    book = Book()

    async def busy(request: web.Request) -> web.Response:
        if request.query.get("page") == "2":
            return web.Response(status=429, headers={"Retry-After": "7"})
        return await book(request)

    failed = await read(serve, open_session, context, busy, paginate=BY_ADDRESS)
    assert isinstance(failed, Failed)
    assert (failed.error.details["status"], failed.final, failed.retry_after) == (429, False, 7_000_000)


async def test_the_size_limit_holds_for_all_pages_together(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    page = len(json.dumps({"items": [10, 11], "next": "/list?page=2"}))
    failed = await read(serve, open_session, context, Book(), paginate=BY_ADDRESS, max_bytes=2 * page)
    assert isinstance(failed, Failed)
    assert (failed.error.type, failed.final) == ("too_large", True)


async def test_each_page_is_a_sign_of_life(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    lifeline = Told()
    await read(serve, open_session, context._replace(lifeline=lifeline), Book(), paginate=BY_ADDRESS)
    assert lifeline.beats == [{"pages": 1}, {"pages": 2}]


@pytest.mark.parametrize(
    "paginate", [{}, {"items": "x"}, {"link": True, "param": "x"}, {"link": True, "next": "x"}, {"param": "x"}]
)
def test_where_the_next_page_is_must_be_said_once(paginate: JSONObject) -> None:
    breaches = JsonSchemas().check(PARAMS, {"url": "http://a", "paginate": paginate})
    assert [(pointer(at), told) for at, told in breaches][:1] == [
        ("paginate", "give either next (with or without param) or link")
    ]
