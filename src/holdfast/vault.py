"""The vault: seals secrets with AES-256-GCM, so that the store, its backups and its logs never see one.

The sealing key is derived (HKDF-SHA256) from the instance's secret key. A sealed value is bound to its tenant and id:
moved to another row, or to another tenant, it doesn't open. Its envelope is

    version (1 byte) · key id (4 bytes) · nonce (12 bytes) · ciphertext and tag

where the key id names the sealing key and says nothing else of it. Of several secret keys the first seals, and each
opens what it sealed: so a key is changed while everything goes on (``engine.rotation``). What doesn't open is a
``SealingFailed`` that says why in words, never with a value.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from holdfast.ports import SealingFailed

_LABEL: Final = b"holdfast secrets 1"
_VERSION: Final = b"\x01"
_KEY: Final = 32
_KEY_ID: Final = 4
_NONCE: Final = 12
_TAG: Final = 16
_HEADER: Final = len(_VERSION) + _KEY_ID


class KeyVault:
    """Seals under what the first secret key gives, and opens under what each of them gives."""

    def __init__(self, secret_key: str, *older: str) -> None:
        keys = [_derived(key) for key in (secret_key, *older)]
        self._ciphers = {mark: AESGCM(key) for mark, key in reversed(keys)}
        self.mark, _ = keys[0]

    def seal(self, tenant: str, secret_id: str, value: str) -> bytes:
        """The envelope; each call gives another one."""
        nonce, bound = os.urandom(_NONCE), _bound(self.mark, tenant, secret_id)
        return self.mark + nonce + self._ciphers[self.mark].encrypt(nonce, value.encode(), bound)

    def open(self, tenant: str, secret_id: str, sealed: bytes) -> str:
        """Raises ``SealingFailed``."""
        mark, nonce, rest = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE], sealed[_HEADER + _NONCE :]
        if len(rest) < _TAG or mark[:1] != _VERSION:
            raise SealingFailed("isn't a sealed value that this version of Holdfast can read")
        if mark not in self._ciphers:
            raise SealingFailed("was sealed with another secret key")
        try:
            return self._ciphers[mark].decrypt(nonce, rest, _bound(mark, tenant, secret_id)).decode()
        except InvalidTag:
            raise SealingFailed("was changed in the store, or sealed for another tenant or id") from None


def _derived(secret_key: str) -> tuple[bytes, bytes]:
    """What every envelope of that key begins with, and the sealing key."""
    derived = HKDF(SHA256(), length=_KEY + _KEY_ID, salt=None, info=_LABEL).derive(secret_key.encode())
    return _VERSION + derived[_KEY:], derived[:_KEY]


def _bound(mark: bytes, tenant: str, secret_id: str) -> bytes:
    """What the value is sealed for. The length keeps two pairs with the same text apart."""
    owner, named = tenant.encode(), secret_id.encode()
    return mark + len(owner).to_bytes(4, "big") + owner + named
