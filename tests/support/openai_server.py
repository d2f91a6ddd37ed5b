"""A real HTTP server on a loopback port that speaks the chat protocol of OpenAI, as local model servers do.

What it answers is told by `answer`, a function or a coroutine function of the request, or by the replies given before,
one for each request. Text, tool calls, errors with a status, and errors or silence in the middle of a stream can be
answered; a request with `stream` gets the same as pieces. It keeps what it was sent. Tokens are counted as words.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `cut` ends a stream after its first piece: with an error event, by closing, or never."""

    text: str | None = None
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    status: int = 200
    error: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: str | None = None


def says(text: str) -> Reply:
    return Reply(text)


def calls(*made: tuple[str, Mapping[str, Any]]) -> Reply:
    return Reply(calls=made)


def refuses(status: int, code: str, message: str = "no", headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status=status, error={"message": message, "type": code, "code": code}, headers=headers or {})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def told(self) -> list[tuple[str, str]]:
        """(role, text) of each message."""
        return [(message["role"], str(message.get("content") or "")) for message in self.body["messages"]]

    @property
    def tools(self) -> set[str]:
        return {tool["function"]["name"] for tool in self.body.get("tools", [])}

    def said(self, role: str) -> str:
        """The text of all messages of one role."""
        return "\n".join(text for who, text in self.told if who == role)


class OpenAIServer:
    """Use as an async context manager."""

    def __init__(self, answer: Callable[[Asked], Reply | Awaitable[Reply]] | None = None) -> None:
        self.asked: list[Asked] = []
        self.replies: list[Reply] = []
        self._answer = answer
        self._stuck = asyncio.Event()
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        self._server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self._server.make_url("/v1"))

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stuck.set()
        await self._server.close()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(dict(request.headers), await request.json())
        self.asked.append(asked)
        given = self._answer(asked) if self._answer is not None else self.replies.pop(0)
        reply = given if isinstance(given, Reply) else await given
        if reply.status != 200:
            return web.json_response({"error": dict(reply.error)}, status=reply.status, headers=dict(reply.headers))
        if asked.body.get("stream"):
            return await self._pieces(request, asked, reply)
        if reply.cut == "silence":
            await self._stuck.wait()
        choice = {"index": 0, "message": _message(reply), "finish_reason": _finish(reply)}
        return web.json_response(_answer_of(asked, "chat.completion", [choice], _usage(asked, reply)))

    async def _pieces(self, request: web.Request, asked: Asked, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        kind = "chat.completion.chunk"
        for piece in _deltas(reply):
            choice = {"index": 0, "delta": piece, "finish_reason": None}
            await _event(response, _answer_of(asked, kind, [choice], None))
            if reply.cut == "error":
                await _event(response, {"error": dict(reply.error)})
                return response
            if reply.cut == "close":
                assert request.transport is not None
                request.transport.close()
                return response
            if reply.cut == "silence":
                await self._stuck.wait()
        end = {"index": 0, "delta": {}, "finish_reason": _finish(reply)}
        await _event(response, _answer_of(asked, kind, [end], None))
        await _event(response, _answer_of(asked, kind, [], _usage(asked, reply)))
        await response.write(b"data: [DONE]\n\n")
        return response


async def _event(response: web.StreamResponse, value: object) -> None:
    await response.write(f"data: {json.dumps(value)}\n\n".encode())


def _answer_of(asked: Asked, kind: str, choices: list[Any], usage: dict[str, int] | None) -> dict[str, Any]:
    model = asked.body["model"]
    return {"id": "answer", "object": kind, "created": 1, "model": model, "choices": choices, "usage": usage}


def _tool_calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"id": f"call-{at}", "index": at, "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
        for at, (name, args) in enumerate(reply.calls)
    ]


def _message(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    return {**message, "tool_calls": _tool_calls(reply)} if reply.calls else message


def _deltas(reply: Reply) -> list[dict[str, Any]]:
    words = [{"role": "assistant", "content": word} for word in (reply.text or "").split(" ") if word]
    texts = [words[0], *({**word, "content": f" {word['content']}"} for word in words[1:])] if words else []
    return [*texts, *({"role": "assistant", "tool_calls": [call]} for call in _tool_calls(reply))]


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def _usage(asked: Asked, reply: Reply) -> dict[str, int]:
    read = sum(len(text.split()) for _, text in asked.told)
    written = len((reply.text or "").split()) + len(reply.calls)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
