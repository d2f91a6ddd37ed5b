"""What ``doctor`` says of the sandbox of ``code.python``."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from holdfast.cli.code_check import code_check
from holdfast.nodes.code_escapes import ESCAPES
from holdfast.nodes.code_sandbox import CodeError, Ran, Sandbox


async def test_a_sound_sandbox_is_well() -> None:
    assert (await code_check()).result == "ok"


async def test_one_that_lets_something_through_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Sandbox.run

    async def run(self: Sandbox, code: str, inputs: dict[str, Any], **bounds: Any) -> Ran:
        return Ran("") if code == ESCAPES[0].code else await inner(self, code, inputs, **bounds)

    monkeypatch.setattr(Sandbox, "run", run)
    check = await code_check()
    assert (check.result, ESCAPES[0].name in check.message) == ("fail", True)
    assert "switch code.python off" in check.hint


async def test_one_that_cant_be_asked_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(self: Sandbox, code: str, inputs: dict[str, Any], **bounds: Any) -> Ran:
        return Ran("", error=CodeError("TimeoutError", "too slow", is_limit=True))

    monkeypatch.setattr(Sandbox, "run", run)
    assert (await code_check()).result == "warn"


async def test_without_the_extra_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_monty", None)
    monkeypatch.delitem(sys.modules, "holdfast.nodes.code_sandbox", raising=False)
    check = await code_check()
    assert (check.result, "holdfast[code]" in check.message) == ("ok", True)
