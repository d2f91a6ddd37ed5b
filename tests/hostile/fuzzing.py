"""Calls of every operation that the API describes, made up from its own description: good ones and bad ones.

The server is a process of its own, as people run it. Some made-up ids are replaced by ids of things that are there, so
that calls also get past the first look-up. A live stream is left as soon as its head has come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS: Final = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Ends the local user when it is made up well: asked last.
SET_UP: Final = ("POST", "/api/v1/setup")
_PATIENCE: Final = 20
# The library's own classes take parameters that say nothing here.
Operation = Any


def described(base: str) -> Any:
    """The description that this server gives of itself."""
    document = requests.get(base + "/openapi.json", timeout=_PATIENCE).json()
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.discover())
    schema.config.update(base_url=base)
    return schema


def operations(schema: Any) -> list[Operation]:
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda operation: (operation.method.upper(), operation.path) == SET_UP)


@dataclass
class Fuzzer:
    """Calls by callers of these headers, drawn for each call.

    ``known`` gives ids of things that are there, by the names of path parameters.
    """

    base: str
    headers: Sequence[Mapping[str, str]]
    known: Mapping[str, str]
    examples: int
    derandomize: bool
    answered: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def try_all(self, schema: Any) -> None:
        with requests.Session() as session:
            for operation in operations(schema):
                self._try(operation, session)

    def _try(self, operation: Operation, session: requests.Session) -> None:
        bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        statuses = self.answered.setdefault((operation.method.upper(), operation.path), set())

        @settings(
            max_examples=self.examples,
            derandomize=self.derandomize,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=st.one_of(good, bad) if self._has_input(operation) else good,
            real=st.sampled_from([True, True, False]),
            caller=st.sampled_from(self.headers),
        )
        def call(case: Any, real: bool, caller: Mapping[str, str]) -> None:
            if real:
                self._aim(case)
            statuses.add(self._call(case, caller, session))

        try:
            call()
        except (Exception, BaseExceptionGroup) as error:
            told = [str(each) for each in getattr(error, "exceptions", [error])]
            self.failures.append(f"{operation.method.upper()} {operation.path}: {' | '.join(told)[:2000]}")

    @staticmethod
    def _has_input(operation: Operation) -> bool:
        return bool(list(operation.iter_parameters()) or operation.body)

    def _aim(self, case: Any) -> None:
        for name in case.path_parameters or {}:
            if name in self.known:
                case.path_parameters[name] = self.known[name]

    def _call(self, case: Any, caller: Mapping[str, str], session: requests.Session) -> int:
        made = case.as_transport_kwargs(base_url=self.base)
        made["headers"] = {**made.get("headers", {}), **caller}
        with session.request(**made, stream=True, allow_redirects=False, timeout=_PATIENCE) as response:
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                assert response.status_code == 200
            else:
                case.validate_response(response, checks=CHECKS)
            return response.status_code


def made_things(base: str) -> dict[str, str]:
    """Something of most kinds, made over the API by the local user, by the names of path parameters."""
    return dict(_made(base))


def _made(base: str) -> Iterator[tuple[str, str]]:
    def post(path: str, body: Any) -> Any:
        reply = requests.post(base + path, json=body, timeout=_PATIENCE)
        assert reply.status_code < 300, reply.text
        return reply.json()

    nodes = [{"id": "nap", "type": "delay", "params": {"for": "1h"}}]
    document = {"holdfast": 1, "name": "fuzzed", "triggers": [{"id": "hook", "type": "webhook"}], "nodes": nodes}
    document["triggers"].append({"id": "hand", "type": "manual"})  # type: ignore[attr-defined]
    saved = post("/api/v1/workflows", document)
    yield "workflow", "fuzzed"
    yield "version", "1"
    yield "key", saved["triggers"][0]["url"].rpartition("/")[2]
    yield "trigger", "hook"
    yield "run_id", post("/api/v1/workflows/fuzzed/runs", {"input": {}})["id"]
    yield "node", "nap"
    yield "job_id", post("/api/v1/jobs", {"kind": "noop"})["id"]
    yield "queue", "default"
    yield "tenant", post("/api/v1/tenants", {"name": "Fuzzed"})["id"]
    yield "name", "FUZZED"
    yield "key_id", post("/api/v1/keys", {"name": "fuzzed", "role": "viewer"})["id"]
    yield "account_id", post("/api/v1/service-accounts", {"name": "fuzzed", "role": "viewer"})["id"]
    yield "invite_id", post("/api/v1/invites", {"email": "eve@example.com", "role": "viewer"})["id"]
