"""Connections tried out: each type connects as its nodes do, through the tenant's guard, and changes nothing.

``smtp`` says hello and signs in, ``http`` gets its base address, ``database`` selects one, ``llm`` lists its models.
What went wrong is told in words of our own, with codes and statuses: servers quote what they were sent.
"""

import ssl
from typing import Final

import aiohttp
import aiosmtplib
from yarl import URL

from holdfast.engine.connections.connections import Tried
from holdfast.model.instant import SECOND
from holdfast.model.json import JSONObject
from holdfast.model.secret import SecretType
from holdfast.nodes.connection import database_url
from holdfast.nodes.http_auth import headers_of, query_of
from holdfast.nodes.sql_gates import Gates
from holdfast.nodes.sql_postgres import query_postgres
from holdfast.nodes.sql_query import host_of
from holdfast.nodes.sql_sqlite import PREFIX, query_sqlite
from holdfast.nodes.sql_statement import DatabaseReach, SqlFailed, Statement
from holdfast.nodes.threads import Threads
from holdfast.outgoing.http import OutgoingHttp
from holdfast.outgoing.mail_servers import SmtpServers
from holdfast.ports import Connection
from holdfast.version import __version__

_NOT_OPEN: Final = "its address isn't open to outgoing requests"
_REFUSALS: Final = (401, 403, 407)
_SELECT: Final = Statement("SELECT 1", ([],), False, 1, 10 * SECOND)
_MODELS: Final = {"openai": "https://api.openai.com/v1/models", "anthropic": "https://api.anthropic.com/v1/models"}


class Probes:
    """A ``Probe`` for every type."""

    def __init__(self, outgoing: OutgoingHttp, servers: SmtpServers, databases: DatabaseReach) -> None:
        self._outgoing = outgoing
        self._servers = servers
        self._databases = databases
        self._threads = Threads()
        self._gates = Gates()

    async def __call__(self, tenant: str, type_: SecretType, fields: JSONObject) -> Tried:
        match type_:
            case "smtp":
                return await self._mail(tenant, fields)
            case "database":
                return await self._database(tenant, fields)
            case "llm":
                return await self._models(tenant, fields)
            case _:
                return await self._api(tenant, fields)

    async def _mail(self, tenant: str, fields: JSONObject) -> Tried:
        host = fields.get("host")
        try:
            await self._servers.transport(tenant, fields).try_out()
        except PermissionError:
            return Tried(False, f"{host}: {_NOT_OPEN}")
        except aiosmtplib.SMTPAuthenticationError as error:
            return Tried(False, f"{host} refused user and password ({error.code})")
        except aiosmtplib.SMTPResponseException as error:
            return Tried(False, f"{host} refused ({error.code})")
        except ssl.SSLError:
            return Tried(False, f"{host}: no encrypted connection, or its certificate isn't trusted")
        except (aiosmtplib.SMTPException, OSError) as error:
            # What a server lacks is told by the library's base class.
            if type(error) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):
                return Tried(False, f"{host} doesn't offer what the connection asks for (encryption, or signing in)")
            return Tried(False, f"{host} can't be reached ({type(error).__name__})")
        return Tried(True, f"{host} {'let us sign in' if 'username' in fields else 'answered'}")

    async def _database(self, tenant: str, fields: JSONObject) -> Tried:
        url = database_url(Connection("", "database", fields))
        reach = await self._databases.of(tenant, host_of(url))
        try:
            if url.startswith(PREFIX):
                await query_sqlite(self._threads, self._gates, reach, url, _SELECT)
            else:
                await query_postgres(self._gates, reach, url, _SELECT)
        except SqlFailed as error:
            return Tried(False, f"{error}{f' ({error.code})' if error.code else ''}")
        except ValueError as error:
            return Tried(False, str(error))
        return Tried(True, "SELECT 1 gave an answer")

    async def _api(self, tenant: str, fields: JSONObject) -> Tried:
        if "base_url" not in fields:
            return Tried(True, "its credentials are complete; without a base address there is nothing to call")
        url = URL(str(fields["base_url"])).extend_query(query_of(fields.get("auth")))
        return await self._got(tenant, url, headers_of(fields.get("auth")))

    async def _models(self, tenant: str, fields: JSONObject) -> Tried:
        provider, key = str(fields.get("provider")), fields.get("api_key")
        base = fields.get("base_url")
        path = "/models" if provider == "openai" else "/v1/models"
        url = URL(_MODELS[provider] if base is None else str(base).rstrip("/") + path)
        if provider == "anthropic":
            headers = {"anthropic-version": "2023-06-01", **({"X-Api-Key": str(key)} if key else {})}
        else:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            headers |= {"OpenAI-Organization": str(fields["organization"])} if "organization" in fields else {}
        tried = await self._got(tenant, url, headers)
        return tried if tried.ok and "answered 2" in tried.detail else Tried(False, tried.detail)

    async def _got(self, tenant: str, url: URL, headers: dict[str, str]) -> Tried:
        """Redirects aren't followed: where they lead, credentials don't belong."""
        target = f"GET {url.origin()}"
        session = await self._outgoing.of(tenant)
        sent = {"User-Agent": f"holdfast/{__version__}", **headers}
        try:
            async with session.get(url, headers=sent, allow_redirects=False) as response:
                status = response.status
        except aiohttp.ClientConnectorError as error:
            reason = _NOT_OPEN if isinstance(error.os_error, PermissionError) else "no connection"
            return Tried(False, f"{target}: {reason}")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Tried(False, f"{target}: no complete answer ({type(error).__name__})")
        return Tried(status < 500 and status not in _REFUSALS, f"{target} answered {status}")
