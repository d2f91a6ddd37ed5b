"""Answers that workflows make: read as they are said, and never with a header that isn't theirs."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.json import JSONObject
from holdfast.model.webhook_answer import WebhookAnswer, answer_of, may_set


def test_a_json_answer() -> None:
    said: JSONObject = {"status": 201, "headers": {"X-Order": "7", "X-N": 1, "X-Yes": True}, "json": {"é": [1]}}
    headers = (("x-order", "7"), ("x-n", "1"), ("x-yes", "true"), ("content-type", "application/json"))
    assert answer_of(said) == WebhookAnswer(201, headers, '{"é":[1]}'.encode())


def test_a_text_answer_may_name_its_type() -> None:
    assert answer_of({"body": "hi"}).headers == (("content-type", "text/plain; charset=utf-8"),)
    assert answer_of({"body": "<p>", "headers": {"Content-Type": "text/html"}}).headers == (
        ("content-type", "text/html"),
    )


@pytest.mark.parametrize("status", [204, 205, 304])
def test_some_answers_have_no_body(status: int) -> None:
    said: JSONObject = {"status": status, "body": "x", "headers": {"Content-Type": "text/html", "Location": "/a"}}
    assert answer_of(said) == WebhookAnswer(status, (("location", "/a"),), b"")


@pytest.mark.parametrize("name", [
    "Set-Cookie", "set-cookie2", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer",
    "Upgrade", "Proxy-Authenticate", "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options",
    "Strict-Transport-Security", "Access-Control-Allow-Origin", "Cross-Origin-Opener-Policy", "X-Accel-Redirect",
    "X-Sendfile", "Clear-Site-Data", "Service-Worker-Allowed", "X-Correlation-Id", "Date", "Server", "Vary", "",
    "a b", "a:b", "a\nb", "é", "x" * 129,
])  # fmt: skip
def test_headers_that_could_harm_are_left_out(name: str) -> None:
    assert not may_set(name)
    assert answer_of({"headers": {name: "x", "X-A": "1"}}).headers == (("x-a", "1"),)


@pytest.mark.parametrize(
    "name", ["X-Set-Cookie", "Location", "Retry-After", "Cache-Control", "Date-Of", "WWW-Authenticate"]
)
def test_other_headers_may_be_set(name: str) -> None:
    assert may_set(name)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\n", "\x00", "ж", "\x7f"])
def test_a_value_that_is_no_header_is_left_out(value: str) -> None:
    assert answer_of({"headers": {"X-A": value}}).headers == ()


@pytest.mark.parametrize("output", [
    None, [], "x", {}, {"status": 99}, {"status": True}, {"status": 600}, {"status": "201"}, {"headers": []},
    {"body": 7},
])  # fmt: skip
def test_what_says_nothing_is_an_empty_answer(output: Any) -> None:
    assert answer_of(output) == WebhookAnswer(200, (), b"")
