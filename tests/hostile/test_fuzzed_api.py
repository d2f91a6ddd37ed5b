"""The API under made-up calls: never a 5xx, and every answer is what the description says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import requests

from tests.cli.conftest import address_of
from tests.hostile.fuzzing import Fuzzer, described, made_things, operations
from tests.support.process import HoldfastProcess

FEW = 2
MANY = 60


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HoldfastProcess]:
    settings = {"HOLDFAST_RATE_LIMIT": "0", "HOLDFAST_SECRET_KEY": "k" * 40}
    with HoldfastProcess("up", "--port", "0", settings=settings, folder=tmp_path) as running:
        yield running


def key_of(base: str, role: str) -> dict[str, str]:
    reply = requests.post(base + "/api/v1/keys", json={"name": role, "role": role}, timeout=20)
    return {"Authorization": f"Bearer {reply.json()['key']}"}


def check(server: HoldfastProcess, callers: Sequence[str], examples: int, derandomize: bool) -> None:
    base = address_of(server)
    headers = [{} if caller == "local" else key_of(base, caller) for caller in callers]
    schema = described(base)
    fuzzer = Fuzzer(base, headers, made_things(base), examples, derandomize)
    fuzzer.try_all(schema)
    assert not fuzzer.failures, "\n\n".join(fuzzer.failures)
    assert set(fuzzer.answered) == {(operation.method.upper(), operation.path) for operation in operations(schema)}
    assert all(statuses for statuses in fuzzer.answered.values())
    told = [line for line in server.output().splitlines() if "Traceback" in line or "request failed" in line]
    assert told == []
    done = sum(200 in statuses or 201 in statuses for statuses in fuzzer.answered.values())
    assert done >= len(fuzzer.answered) // 6, "too few calls got past the first look"


@pytest.mark.timeout(180)
def test_each_operation_withstands_made_up_calls(server: HoldfastProcess) -> None:
    """Each call comes from one or the other, who may do everything or only look."""
    check(server, ["local", "viewer"], FEW, derandomize=True)


@pytest.mark.chaos
@pytest.mark.parametrize("caller", ["local", "viewer", "owner"])
@pytest.mark.timeout(3600)
def test_each_operation_withstands_many_made_up_calls(server: HoldfastProcess, caller: str) -> None:
    check(server, [caller], MANY, derandomize=False)
