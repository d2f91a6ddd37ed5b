"""A token end (RFC 6749) as it is asked: the forms that are sent, and what its answers mean.

What it refuses for good (a wrong client, a grant or a scope that isn't valid) is ``SecretRefused``; what may go better
later (no answer, 5xx, 408, 429, ``temporarily_unavailable``, an answer that can't be read) is ``SecretUnavailable``.
Both name the host and the error's word of the standard: never a description, which may quote what was sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote_plus, urlsplit

from holdfast.engine.connections.http_auth import REFRESH
from holdfast.model.instant import MINUTE, SECOND, Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.ports import SecretRefused, SecretUnavailable

# How long a token counts whose end doesn't say.
DEFAULT_LIFE: Final[Micros] = 5 * MINUTE
_LONGEST_LIFE: Final = 365 * 86_400
_LONGEST_TOKEN: Final = 16 * 1024
_LATER: Final = frozenset(("temporarily_unavailable", "slow_down", "server_error"))
_WORDS: Final = frozenset(
    (
        "access_denied", "invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "invalid_target",
        "unauthorized_client", "unsupported_grant_type",
    )
)  # fmt: skip


class TokenAnswer(NamedTuple):
    """``retry_after`` as the header asks, if it does."""

    status: int
    body: bytes
    retry_after: Micros | None = None


class TokenWeb(Protocol):
    """Requests to token ends, bounded in time and size, without redirects."""

    async def post(self, tenant: str, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> TokenAnswer:
        """Raises ``PermissionError`` for an address that isn't open to this tenant, else ``ConnectionError``, and
        ``Unavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a token end gave. ``refresh_token``: in the place of the one that was used."""

    access_token: str = field(repr=False)
    life: Micros
    refresh_token: str | None = field(default=None, repr=False)


async def fetch(web: TokenWeb, tenant: str, auth: JSONObject) -> Fetched:
    """A new token for these credentials. Raises ``SecretRefused``, ``SecretUnavailable``, ``Unavailable``."""
    url = str(auth["token_url"])
    host = urlsplit(url).hostname or ""
    form, basic = _asked(auth)
    try:
        answer = await web.post(tenant, url, form, basic)
    except PermissionError:
        raise SecretRefused(f"the token end {host}: its address isn't open to outgoing requests") from None
    except ConnectionError as error:
        raise SecretUnavailable(f"the token end {host} gave no answer ({error})") from None
    return _read(host, answer)


def _asked(auth: JSONObject) -> tuple[dict[str, str], tuple[str, str] | None]:
    """The form, and what goes into the header instead of it."""
    refresh = auth.get("type") == REFRESH
    form = {"grant_type": "refresh_token" if refresh else "client_credentials"}
    if refresh:
        form["refresh_token"] = str(auth["refresh_token"])
    scopes = auth.get("scopes")
    if isinstance(scopes, list) and scopes:
        form["scope"] = " ".join(map(str, scopes))
    if isinstance(auth.get("audience"), str):
        form["audience"] = str(auth["audience"])
    client, secret = str(auth["client_id"]), auth.get("client_secret")
    if isinstance(secret, str) and auth.get("auth", "basic") == "basic":
        # As RFC 6749 (2.3.1) has it: both are encoded as a form's values are.
        return form, (quote_plus(client), quote_plus(secret))
    form["client_id"] = client
    if isinstance(secret, str):
        form["client_secret"] = secret
    return form, None


def _read(host: str, answer: TokenAnswer) -> Fetched:
    said = _object(answer.body)
    if answer.status != 200:
        raise _refusal(host, answer, said.get("error"))
    token, kind = said.get("access_token"), said.get("token_type", "Bearer")
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN or not token.isprintable() or " " in token:
        raise SecretUnavailable(f"the token end {host} gave no token that can be used")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise SecretRefused(f"the token end {host} gives tokens of another type than bearer")
    renewed = said.get("refresh_token")
    return Fetched(token, _life(said.get("expires_in")), renewed if isinstance(renewed, str) and renewed else None)


def _refusal(host: str, answer: TokenAnswer, error: JSON) -> Exception:
    status = answer.status
    word = f" ({error})" if isinstance(error, str) and error in _WORDS | _LATER else ""
    message = f"the token end {host} answered {status}{word}"
    if status >= 500 or status in (408, 429) or error in _LATER:
        return SecretUnavailable(message, answer.retry_after)
    return SecretRefused(message)


def _life(given: JSON) -> Micros:
    try:
        seconds = float(given) if isinstance(given, int | float | str) and not isinstance(given, bool) else -1.0
    except ValueError:
        seconds = -1.0
    return int(min(seconds, _LONGEST_LIFE)) * SECOND if seconds >= 0 else DEFAULT_LIFE


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
