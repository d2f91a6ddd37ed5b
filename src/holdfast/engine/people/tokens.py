"""Tokens of sessions, invites and keys: 256 random bits, of which only the SHA-256 is ever stored.

No slow hash is needed for what nobody can guess; and the digest is looked up in a unique index, so that no comparison
tells by its time how much of a guess was right.
"""

from hashlib import sha256
from typing import Final

from holdfast.ports import Entropy

KEY_PREFIX: Final = "hf_"
# As many characters as any of ours has, with room: longer ones are no token and aren't worth a hash.
LONGEST: Final = 200


def new_token(entropy: Entropy) -> str:
    """256 unguessable bits, URL-safe."""
    return entropy.new_key() + entropy.new_key()


def digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()
