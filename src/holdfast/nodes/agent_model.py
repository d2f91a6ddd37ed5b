"""The model of an ``agent``: which library speaks to which service, with which key. It needs the extra ``ai``.

The libraries' own retries are off: retries are the node's. Keys are sent by the transport, and never looked for in the
process's environment, which belongs to whoever runs the process and not to whoever writes workflows.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import aiohttp
import httpx2
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from yarl import URL

from holdfast.model.json import JSON, JSONObject
from holdfast.nodes.agent_wire import open_client
from holdfast.nodes.node import as_text

_HOMES: Final = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
# Asked for by the libraries' constructors; the transport sends the real one, or none.
_PLACEHOLDER: Final = "set-by-the-transport"


@dataclass(frozen=True, slots=True)
class Service:
    """An opened model: ``target`` is its host, for errors."""

    model: Model
    client: httpx2.AsyncClient
    target: str


def open_service(
    params: JSONObject, session: Callable[[], Awaitable[aiohttp.ClientSession]], heard: Callable[[], None]
) -> Service:
    """The model of ``params``. Raises ``ValueError``."""
    provider, _, name = as_text(params.get("model")).partition(":")
    if provider not in _HOMES or not name:
        raise ValueError("model: expected openai:… or anthropic:…")
    home, key = _HOMES[provider], as_text(params.get("api_key"))
    address = as_text(params.get("base_url")) or home
    url = _checked(address)
    if not key and url.host == URL(home).host:
        raise ValueError(f"api_key: {url.host} needs one")
    client = open_client(session, _credentials(provider, key, params.get("organization")), heard)
    model = _anthropic(name, address, client) if provider == "anthropic" else _openai(name, address, client)
    return Service(model, client, str(url.origin()))


def _checked(address: str) -> URL:
    try:
        url = URL(address)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("base_url: must be a valid address that starts with http:// or https://")
    if url.user or url.password:
        raise ValueError("base_url: credentials belong in api_key, not in the address")
    return url


def _credentials(provider: str, key: str, organization: JSON) -> dict[str, str]:
    if not key:
        return {}
    if provider == "anthropic":
        return {"X-Api-Key": key}
    named = {"OpenAI-Organization": organization} if isinstance(organization, str) else {}
    return {"Authorization": f"Bearer {key}", **named}


def _openai(name: str, address: str, client: httpx2.AsyncClient) -> Model:
    speaker = AsyncOpenAI(api_key=_PLACEHOLDER, base_url=address, max_retries=0, http_client=client)
    if URL(address).host == URL(_HOMES["openai"]).host:
        return OpenAIChatModel(name, provider=OpenAIProvider(openai_client=speaker))
    # Others understand the protocol, not each of its newest parts.
    return OpenAIChatModel(name, provider=OpenAICompatibleProvider("openai-compatible", openai_client=speaker))


def _anthropic(name: str, address: str, client: httpx2.AsyncClient) -> Model:
    speaker = AsyncAnthropic(api_key=_PLACEHOLDER, base_url=address, max_retries=0, http_client=client)
    return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=speaker))
