"""The Valkey launcher: it answers, and keeps what it acknowledged over restarts and crashes."""

from __future__ import annotations

from tests.support.ports import answers
from tests.support.valkey import ValkeyServer, ask


def test_answers_and_is_empty(valkey_server: ValkeyServer) -> None:
    assert valkey_server.command("PING") == "+PONG"
    assert valkey_server.command("DBSIZE") == ":0"


def test_keeps_acknowledged_writes_over_a_restart_and_a_crash() -> None:
    with ValkeyServer() as server:
        url = server.url
        server.command("SET", "first", "1")
        server.restart()
        server.command("SET", "second", "2")
        server.kill()
        assert not answers(server.port)
        server.resume()
        assert server.url == url
        assert server.command("DBSIZE") == ":2"
        server.wipe()
        assert server.command("DBSIZE") == ":0"
    assert not answers(server.port)


def test_wants_its_password_and_forgets_with_its_disk() -> None:
    with ValkeyServer(password="word-of-mouth") as server:
        assert ask(server.port, "DBSIZE").startswith("-NOAUTH")
        server.command("SET", "first", "1")
        server.forget()
        server.resume()
        assert server.command("DBSIZE") == ":0"
