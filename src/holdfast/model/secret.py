"""Secrets as values: sealed, so that nobody reads them back, and bound to where they may be used. Pure.

A secret is a text, or a connection: a document of a ``type`` (how to reach a mail server, an API, a database, a model)
whose confidential fields are sealed with the rest. ``hosts`` and ``kinds`` say where it may go: to these hosts
(``api.example.com``, ``*.example.com``) and into jobs of these kinds (``http.request``, ``task:billing.*``) alone;
None: anywhere.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from holdfast.model.instant import Instant

SecretType = Literal["text", "smtp", "http", "database", "llm"]


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret as stored, sealed with the instance's key for its tenant and id."""

    id: str
    tenant: str
    name: str
    sealed: bytes
    created_at: Instant
    updated_at: Instant
    type: SecretType = "text"
    hosts: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    description: str = ""


def sealed_for(secret: SealedSecret) -> str:
    """What its value is sealed for: its id, and where it may go, so that nobody changes that in the store."""
    if secret.type == "text" and secret.hosts is None and secret.kinds is None:
        return secret.id
    return f"{secret.id} {json.dumps([secret.type, secret.hosts, secret.kinds], separators=(',', ':'))}"


def may_go_to(host: str, hosts: Iterable[str] | None) -> bool:
    """Whether a host (in lower case, without port) is one of these, or lies under a wildcard of them."""
    if hosts is None:
        return True
    return any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in hosts)


def may_go_into(kind: str, kinds: Iterable[str] | None) -> bool:
    """Whether a job's kind is one of these, or begins as one that ends in ``*`` does."""
    if kinds is None:
        return True
    return any(kind == name or (name.endswith("*") and kind.startswith(name[:-1])) for name in kinds)
