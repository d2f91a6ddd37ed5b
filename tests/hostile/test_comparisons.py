"""Nothing that a stranger may guess is compared byte by byte: by its hash alone, or in constant time.

This looks at how it is compared and not at how long it takes: times measured on a busy machine say nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.engine.people.tokens import digest_of
from tests.http.people import browsing, owner
from tests.http.serving import Api

SOURCE = Path(holdfast.__file__).parent
LOOKED_AT = ["model/signatures", "engine/people", "engine/callbacks.py", "http/auth.py", "http/hooks.py", "vault.py"]
# What a secret, or something made from one, is called there.
GUARDED = {"digest", "signature", "signatures", "mac", "token", "password", "code", "nonce", "state", "seed", "hashed"}
# Whether a text is the one spelling of its own bytes.
OF_ITSELF = {"urlsafe_b64encode(raw).rstrip(b'=').decode() == token"}
CONSTANT_TIME = {"compare_digest", "bytes_eq"}


def sources() -> Iterator[Path]:
    for name in LOOKED_AT:
        place = SOURCE / name
        yield from [place] if place.suffix else sorted(place.glob("*.py"))


def compared(tree: ast.AST) -> list[int]:
    """The lines that ask whether something guarded is equal to something that is computed or given."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Compare) and _tells(node)]


def _tells(node: ast.Compare) -> bool:
    sides = [node.left, *node.comparators]
    if not any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops):
        return False
    if any(isinstance(side, ast.Constant) for side in sides) or ast.unparse(node) in OF_ITSELF:
        return False
    return any(name in GUARDED for side in sides for name in _names(side))


def _names(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr


def test_no_secret_is_compared_byte_by_byte() -> None:
    assert {path.name: lines for path in sources() if (lines := compared(ast.parse(path.read_text())))} == {}


@pytest.mark.parametrize("code", ["if token == given: pass", "x = kept.digest != other", "ok = other == self.nonce"])
def test_a_comparison_that_tells_is_found(code: str) -> None:
    assert compared(ast.parse(code)) == [1]


def test_signatures_callbacks_and_codes_are_compared_in_constant_time() -> None:
    for name in ("model/signatures/message.py", "engine/callbacks.py", "engine/people/one_time.py",
                 "engine/people/openid.py", "engine/people/openid_provider.py"):  # fmt: skip
        tree = ast.parse((SOURCE / name).read_text())
        called = {found for node in ast.walk(tree) if isinstance(node, ast.Call) for found in _names(node.func)}
        assert called & CONSTANT_TIME, name


async def test_a_key_is_known_by_its_hash_alone(locked: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = await locked.key("viewer")
    secret = headers["Authorization"].removeprefix("Bearer ")
    store, asked = locked.app.services.store, []
    inner = store.find_api_key

    async def find(digest: bytes) -> Any:
        asked.append(digest)
        return await inner(digest)

    monkeypatch.setattr(store, "find_api_key", find)
    assert (await locked.get("/api/v1/jobs", headers=headers)).status == 200
    assert (await locked.get("/api/v1/jobs", headers={"Authorization": f"Bearer {secret}x"})).status == 401
    assert asked == [sha256(secret.encode()).digest(), sha256(f"{secret}x".encode()).digest()]


async def test_a_session_is_known_by_its_hash_alone(locked: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await owner(locked)
    store, asked = locked.app.services.store, []
    inner = store.find_session

    async def find(digest: bytes, now: int) -> Any:
        asked.append(digest)
        return await inner(digest, now)

    async with browsing(locked) as ada:
        await ada.sign_in()
        monkeypatch.setattr(store, "find_session", find)
        assert (await ada.get("/api/v1/session")).status == 200
        assert asked == [digest_of(ada.token or "")]
        assert (ada.token or "") not in repr(asked)
