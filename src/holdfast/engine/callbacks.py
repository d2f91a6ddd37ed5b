"""Addresses of ``wait.callback`` nodes: whoever has one can end that wait, once, and do nothing else.

An address holds the tenant, the run and the node, and a signature of them under a key that is derived from the
instance's secret key. Nothing of it is stored, so that an address made before a restart, or by another process with the
same secret key, is good; so is one made under an older key, as long as the process is given that as well. A changed or
foreign one can't be told from an address that never was: not found.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from holdfast.model.errors import NotFound

PATH: Final = "/callbacks/"
_LABEL: Final = b"holdfast callback addresses 1"
_SIGNATURE: Final = sha256().digest_size
_BETWEEN: Final = "\0"
# Far more than any tenant, run and node take.
_LONGEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Callback:
    """The node that an address stands for."""

    tenant: str
    run_id: str
    node_id: str


class Callbacks:
    """Makes addresses under the first secret key, and reads those of each.

    ``base`` is where the outside reaches this instance; a server that took a free port sets it when it knows.
    """

    def __init__(self, secret_key: str, base: str, older: Collection[str] = ()) -> None:
        self._keys = [hmac.digest(key.encode(), _LABEL, "sha256") for key in (secret_key, *older)]
        self.base = base

    def url(self, tenant: str, run_id: str, node_id: str) -> str:
        """The address to give away."""
        return self.base.rstrip("/") + PATH + self.token(Callback(tenant, run_id, node_id))

    def token(self, callback: Callback) -> str:
        """The last part of its address."""
        named = _BETWEEN.join((callback.tenant, callback.run_id, callback.node_id)).encode()
        return urlsafe_b64encode(_signature(self._keys[0], named) + named).rstrip(b"=").decode()

    def read(self, token: str) -> Callback:
        """The node that the token stands for. Raises ``NotFound``."""
        raw = _decoded(token)
        signature, named = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not any(hmac.compare_digest(signature, _signature(key, named)) for key in self._keys):
            raise NotFound("nothing waits for a callback at this address")
        tenant, run_id, node_id = named.decode().split(_BETWEEN)
        return Callback(tenant, run_id, node_id)


def _signature(key: bytes, named: bytes) -> bytes:
    return hmac.digest(key, named, "sha256")


def _decoded(token: str) -> bytes:
    """The token's bytes; none for what no address ends with."""
    if len(token) > _LONGEST:
        return b""
    try:
        raw = urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
    except ValueError:
        return b""
    # One text for each address: base64 would forgive what lies beside its alphabet, and stray last bits.
    return raw if urlsafe_b64encode(raw).rstrip(b"=").decode() == token else b""
