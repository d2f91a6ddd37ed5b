"""How the sender of a webhook proves itself: one pure function for each kind of signature, over the raw body.

It fails closed: whatever can't be checked, for whatever reason, is ``Untrusted``. Any of several secrets may match, so
that one can be replaced while both are in use. Kinds that sign a time refuse what is further from now than their
tolerance, once the signature has matched.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.signatures import body_hmac, credentials, github, slack, standard, stripe
from holdfast.model.signatures.message import Message, Proof, Untrusted, unusable
from holdfast.model.trigger import Signature, SignatureType

__all__ = ["Message", "Proof", "Untrusted", "verify"]

_Check = Callable[[Signature, Sequence[str], Message, Instant], Proof]
_CHECKS: Final[Mapping[SignatureType, _Check]] = {
    "standard": standard.verify,
    "github": github.verify,
    "stripe": stripe.verify,
    "slack": slack.verify,
    "hmac": body_hmac.verify,
    "basic": credentials.verify_basic,
    "bearer": credentials.verify_bearer,
}


def verify(signature: Signature, secrets: Mapping[str, str], message: Message, now: Instant) -> Proof:
    """``secrets``: by name, those of the signature's that there are. Raises ``Untrusted``, never anything else."""
    usable = [secrets[name] for name in signature.secrets if secrets.get(name)]
    if not usable:
        raise unusable(f"there is no secret named {' or '.join(signature.secrets) or 'anything'} that can be read")
    check = _CHECKS.get(signature.type)
    if check is None:
        raise unusable(f"{signature.type} is no kind of signature that is known here")
    return check(signature, usable, message, now)
