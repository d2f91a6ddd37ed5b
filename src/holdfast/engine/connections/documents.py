"""The document of a connection: what of it is shown, what is hidden, where it leads, and how a change keeps the rest.

A confidential field that a change leaves out stays as it is, as long as it goes nowhere that it didn't go before: so a
form changes a sender's name or a port without knowing the password, and nobody sends a password that they don't know to
a host of their own. What is kept along for OAuth 2 (``STATE``) is part of the sealed document alone. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from holdfast.engine.connections.types import TYPES
from holdfast.engine.secret_drafts import host_of
from holdfast.model.errors import Problem
from holdfast.model.graph_params import replaced, value_at
from holdfast.model.json import JSON, JSONObject, Path, pointer
from holdfast.model.node_spec import SECRET_MARK, SchemaPort, marked
from holdfast.model.secret import may_go_into, may_go_to

# Not a field: what this engine keeps of tokens, beside the fields.
STATE: Final = "_tokens"
ROOT: Final = "connection"
_HOMES: Final = {"openai": "api.openai.com", "anthropic": "api.anthropic.com"}
_HIDDEN: Final = {id_: tuple(marked(type_.schema, SECRET_MARK)) for id_, type_ in TYPES.items()}
_IN_CLEAR: Final = ("none", "disable")
_AGAIN: Final = "must be given again: it would go where it didn't go before"


def shown(type_: str, document: JSONObject) -> JSONObject:
    """What everybody who sees the secret's name may see of it."""
    fields: JSON = {name: value for name, value in document.items() if name != STATE}
    for path in _HIDDEN[type_]:
        if value_at(fields, path) is not None:
            fields = _without(fields, path)
    return fields if isinstance(fields, dict) else {}


def hidden(type_: str, document: JSONObject) -> Iterator[tuple[str, str]]:
    """The confidential fields: their names, and their values."""
    for path in _HIDDEN[type_]:
        value = value_at(document, path)
        if isinstance(value, str):
            yield str(path[-1]), value


def problems_in(type_: str, document: JSONObject, schemas: SchemaPort) -> list[Problem]:
    """What breaks the schema of its type."""
    return [Problem(pointer((ROOT, *path)), message) for path, message in schemas.check(TYPES[type_].schema, document)]


def completed(type_: str, given: JSONObject, stored: JSONObject) -> tuple[JSONObject, tuple[Path, ...]]:
    """The document with the confidential fields that aren't given taken from the stored one, and which these are."""
    if _kind(given) != _kind(stored):
        return given, ()
    filled: JSON = given
    kept = []
    for path in _HIDDEN[type_]:
        value = value_at(stored, path)
        if value is not None and value_at(given, path) is None and isinstance(value_at(given, path[:-1]), dict):
            filled = replaced(filled, path, value)
            kept.append(path)
    return (filled if isinstance(filled, dict) else given), tuple(kept)


def own_hosts(type_: str, document: JSONObject) -> tuple[str, ...]:
    """The hosts that the document itself names; none for a file, and for an ``http`` connection without an address."""
    match type_:
        case "smtp" | "database":
            host = document.get("host")
            return (host_of(host),) if isinstance(host, str) else ()
        case "llm" if "base_url" not in document:
            return (_HOMES[str(document.get("provider"))],)
        case _:
            return tuple(_hosts_in(document.get("base_url")))


def goes_elsewhere(
    type_: str, before: JSONObject, after: JSONObject, hosts: Sequence[str] | None, wider: bool, kept: Iterable[Path]
) -> Iterator[Problem]:
    """A problem for each kept field that would go where it didn't go before. ``hosts``: where it was bound to go;
    ``wider``: its bounds are no longer what they were."""
    bound = own_hosts(type_, before) if hosts is None else tuple(hosts)
    elsewhere = wider or any(not may_go_to(host, bound) for host in own_hosts(type_, after))
    elsewhere = elsewhere or (_in_clear(after) and not _in_clear(before))
    fetched = _token_host(before) != _token_host(after)
    for path in kept:
        if elsewhere or (fetched and path[-1] in ("client_secret", "refresh_token")):
            yield Problem(pointer((ROOT, *path)), _AGAIN)


def is_within(names: Sequence[str] | None, bound: Sequence[str] | None, *, kinds: bool = False) -> bool:
    """Whether hosts, or kinds, that something is bound to lie within others."""
    if bound is None:
        return True
    judge = may_go_into if kinds else may_go_to
    return names is not None and all(judge(name, bound) for name in names)


def _kind(document: JSONObject) -> JSON:
    return value_at(document, ("auth", "type"))


def _in_clear(document: JSONObject) -> bool:
    addresses = (document.get("base_url"), value_at(document, ("auth", "token_url")))
    if any(isinstance(url, str) and url.lower().startswith("http:") for url in addresses):
        return True
    return document.get("security") in _IN_CLEAR or document.get("sslmode") in _IN_CLEAR


def _token_host(document: JSONObject) -> list[str]:
    return list(_hosts_in(value_at(document, ("auth", "token_url"))))


def _hosts_in(url: JSON) -> Iterator[str]:
    try:
        host = urlsplit(url).hostname if isinstance(url, str) else None
    except ValueError:
        host = None
    if host:
        yield host_of(host)


def _without(value: JSON, path: Path) -> JSON:
    if not isinstance(value, dict):
        return value
    key = str(path[0])
    if len(path) == 1:
        return {name: inner for name, inner in value.items() if name != key}
    return {**value, key: _without(value.get(key), path[1:])}
