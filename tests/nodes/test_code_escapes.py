"""The self-test of ``code.python``: no attempt leaves the real sandbox, and each one that did would switch it off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from holdfast.cli.kinds import installed_registry
from holdfast.model.instant import Micros
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.code_escapes import ESCAPES, Escape, passed
from holdfast.nodes.code_python import CodePython
from holdfast.nodes.code_sandbox import CodeError, Ran, Sandbox
from holdfast.ports import NodeContext

CODE = {escape.name: escape.code for escape in ESCAPES}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox()
    yield made
    await made.close()


@pytest.fixture
async def node() -> AsyncIterator[CodePython]:
    made = CodePython()
    yield made
    await made.close()


class Leaky:
    """A sandbox with one hole: code in ``holes`` runs in this very process, all other in the real sandbox."""

    def __init__(self, sandbox: Sandbox, *holes: str) -> None:
        self.sandbox = sandbox
        self.holes = holes

    async def run(self, code: str, inputs: dict[str, Any], *, limit: Micros, memory: int) -> Ran:
        if code not in self.holes:
            return await self.sandbox.run(code, inputs, limit=limit, memory=memory)
        try:
            exec(code, {"inputs": inputs})
        except Exception as error:
            return Ran("", error=CodeError(type(error).__name__, str(error)))
        return Ran("")


async def test_nothing_leaves_the_real_sandbox(sandbox: Sandbox) -> None:
    assert await passed(sandbox) == []


# Those that one may try in the process of a test, and for which it holds what they look for.
HARMLESS = [
    *("read a file", "read a file by its path", "list a folder", "read the environment", "read a variable"),
    *("run a command", "start a process", "call C", "start a thread", "import by name", "import by a library"),
    *("import this project", "reach a function's globals", "reach all modules", "reach the caller's frame"),
    *("reach all classes", "reach all objects", "reach attributes by a format", "leave by evaluated text"),
    *("ask for much memory at once",),
]


@pytest.mark.parametrize("name", HARMLESS)
async def test_real_python_lets_each_attempt_through_and_is_caught(sandbox: Sandbox, name: str) -> None:
    assert await passed(Leaky(sandbox, CODE[name])) == [name]


async def test_a_file_that_is_left_behind_is_found_even_if_writing_it_looked_refused(sandbox: Sandbox) -> None:
    found = await passed(Leaky(sandbox, CODE["write a file"]))
    assert found == ["write a file", "leave a file behind"]


class Unmoved(Leaky):
    """Says that what is in its holes ended well, without running it."""

    async def run(self, code: str, inputs: dict[str, Any], *, limit: Micros, memory: int) -> Ran:
        if code in self.holes:
            return Ran("", value=1)
        return await self.sandbox.run(code, inputs, limit=limit, memory=memory)


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape.name)
async def test_whatever_passes_switches_the_kind_off(
    escape: Escape, sandbox: Sandbox, node: CodePython, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = Sandbox.run

    async def run(self: Sandbox, code: str, inputs: dict[str, Any], **bounds: Any) -> Ran:
        return Ran("", value=1) if code == escape.code else await inner(self, code, inputs, **bounds)

    monkeypatch.setattr(Sandbox, "run", run)
    with capture_logs() as logs:
        outcomes = [await node.execute(context, {"code": "1 + 1"}) for _ in range(2)]
    for outcome in outcomes:
        assert isinstance(outcome, Failed)
        assert (outcome.final, outcome.error.type) == (True, "switched_off")
        assert escape.name in outcome.error.message
    assert [(entry["log_level"], entry["passed"]) for entry in logs] == [("error", [escape.name])]
    assert node.trouble is not None


async def test_a_limit_that_an_endless_attempt_never_meets_is_an_escape(sandbox: Sandbox) -> None:
    class Raising(Unmoved):
        async def run(self, code: str, inputs: dict[str, Any], *, limit: Micros, memory: int) -> Ran:
            if code in self.holes:
                return Ran("", error=CodeError("ValueError", "something of its own"))
            return await self.sandbox.run(code, inputs, limit=limit, memory=memory)

    assert await passed(Raising(sandbox, CODE["loop for ever"])) == ["loop for ever"]


async def test_what_cant_be_told_lets_nothing_run_and_is_asked_again(
    node: CodePython, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, broken = Sandbox.run, True
    ran: list[str] = []

    async def run(self: Sandbox, code: str, inputs: dict[str, Any], **bounds: Any) -> Ran:
        ran.append(code)
        if broken:
            return Ran("", error=CodeError("TimeoutError", "too slow", is_limit=True))
        return await inner(self, code, inputs, **bounds)

    monkeypatch.setattr(Sandbox, "run", run)
    outcome = await node.execute(context, {"code": "40 + 2"})
    assert isinstance(outcome, Failed)
    assert (outcome.final, outcome.error.type) == (False, "sandbox")
    assert "40 + 2" not in ran
    broken = False
    assert await node.execute(context, {"code": "40 + 2"}) == Succeeded(42)


async def test_many_first_attempts_test_once(
    node: CodePython, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = Sandbox.run
    ran: list[str] = []

    async def run(self: Sandbox, code: str, inputs: dict[str, Any], **bounds: Any) -> Ran:
        ran.append(code)
        return await inner(self, code, inputs, **bounds)

    monkeypatch.setattr(Sandbox, "run", run)
    outcomes = await asyncio.gather(*(node.execute(context, {"code": "1"}) for _ in range(10)))
    assert outcomes == [Succeeded(1)] * 10
    assert ran.count(CODE["fork"]) == 1


async def test_the_registry_names_what_is_switched_off() -> None:
    registry = installed_registry()
    assert registry.troubles() == {}
    node = registry.get("code.python")
    assert isinstance(node, CodePython)
    node.trouble = "its sandbox let this through: fork"
    assert registry.troubles() == {"code.python": "its sandbox let this through: fork"}
