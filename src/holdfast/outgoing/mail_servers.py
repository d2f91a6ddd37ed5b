"""Mail over tenants' own servers: over SMTP, to addresses that are open to the tenant."""

import asyncio
from typing import Final, cast

from holdfast.model.json import JSONObject
from holdfast.outgoing.http import OutgoingHttp
from holdfast.outgoing.message import DEFAULT_SENDER
from holdfast.outgoing.smtp import Security, SmtpAddress, SmtpTransport

_AT_ONCE: Final = 20
_PORTS: Final = {"tls": 465, "starttls": 587, "none": 25}


class SmtpServers:
    """``MailServers`` over SMTP: one connection for each mail, and not too many of all tenants at once."""

    def __init__(self, outgoing: OutgoingHttp) -> None:
        self._outgoing = outgoing
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def transport(self, tenant: str, fields: JSONObject) -> SmtpTransport:
        return SmtpTransport(address_of(fields), lambda: self._outgoing.guard(tenant), self._slots)


def address_of(fields: JSONObject) -> SmtpAddress:
    """The address that the fields of a connection are."""
    security = str(fields.get("security", "starttls"))
    port = fields.get("port")
    return SmtpAddress(
        host=str(fields["host"]),
        port=port if isinstance(port, int) else _PORTS[security],
        username=str(fields["username"]) if "username" in fields else None,
        password=str(fields["password"]) if "password" in fields else None,
        security=cast(Security, security),
        sender=str(fields.get("from", DEFAULT_SENDER)),
    )
