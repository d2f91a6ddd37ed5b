"""A real OAuth 2 provider in a process of its own, and what stands in front of it to be counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.openid import PROVIDER, has_provider

__all__ = ["CLIENT_SECRET", "Provider", "has_provider", "provider"]

SCRIPT = Path(__file__).with_name("oauth_provider.mjs")
CLIENT_SECRET = "a secret between the two: 100% /+&"
_READY = re.compile(r"ready at (http://\S+) (\S+)")


def _client(name: str, grant: str, method: str) -> dict[str, object]:
    needed: dict[str, object] = {
        "client_id": name,
        "client_secret": CLIENT_SECRET,
        "grant_types": [grant] if grant == "client_credentials" else [grant, "authorization_code"],
        "response_types": [] if grant == "client_credentials" else ["code"],
        "redirect_uris": [] if grant == "client_credentials" else ["https://app.example.com/back"],
        "token_endpoint_auth_method": method,
    }
    return needed


CLIENTS = [
    _client("basic client", "client_credentials", "client_secret_basic"),
    _client("poster", "client_credentials", "client_secret_post"),
    _client("refresher", "refresh_token", "client_secret_basic"),
]


@dataclass(frozen=True, slots=True)
class Provider:
    """``refresh_token`` was given to the client ``refresher``; it counts once."""

    issuer: str
    refresh_token: str

    @property
    def token_url(self) -> str:
        return f"{self.issuer}/token"


@contextmanager
def provider(life: int = 600) -> Iterator[Provider]:
    """A provider whose access tokens count so many seconds."""
    process = subprocess.Popen(
        ["node", str(SCRIPT)],
        env={
            "PATH": os.environ["PATH"],
            "CLIENTS": json.dumps(CLIENTS),
            "PROVIDER": str(PROVIDER),
            "LIFE": str(life),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = _READY.match(process.stdout.readline())
        assert said is not None, "the provider doesn't start"
        yield Provider(said[1], said[2])
    finally:
        process.kill()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()
