"""What names a delivery, so that a repeat of it is met: the sender's own id, or else what was signed.

The trigger's ``dedupe`` expression comes first. Then, by the kind of signature, an id that the signature covers, where
the kind has one; a header that nobody signed counts only for kinds without. What was signed and has no id of its own is
named by the digest of what was signed: who sends it again starts nothing.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

from holdfast.engine.hook_values import Admitted, Delivery
from holdfast.model.errors import Invalid, Problem
from holdfast.model.expression import Expression, ExpressionError, parse
from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.trigger import SignatureType

_HEADERS: Final = ("idempotency-key", "webhook-id", "x-github-delivery", "x-delivery-id")
_BODY_IDS: Final[Mapping[SignatureType, tuple[str, ...]]] = {"stripe": ("id",), "slack": ("event_id", "trigger_id")}
_OTHER_HEADERS: Final[Mapping[SignatureType, tuple[str, ...]]] = {"standard": (), "github": ("x-github-delivery",)}
_LONGEST: Final = 255


def delivery_id(admitted: Admitted, delivery: Delivery, trigger: JSONObject, now: Instant) -> str | None:
    """The id of a delivery, fit to be kept; None when nothing names it. Raises ``Invalid``.

    ``trigger`` is what expressions see, without ``at``, which is now.
    """
    hook, found = admitted.hook, None
    if hook.spec.dedupe is not None:
        found = _said(hook.record.id, hook.spec.dedupe, {**trigger, "at": format_instant(now)})
    return _kept(found or _sent(admitted, delivery))


def _sent(admitted: Admitted, delivery: Delivery) -> str | None:
    """The sender's id, or the digest of what it signed."""
    signature, proof = admitted.hook.spec.signature, admitted.proof
    if proof.delivery_id is not None:
        return proof.delivery_id
    if signature is None:
        found = _first(delivery.headers, _HEADERS)
    elif signature.type in _BODY_IDS:
        found = _first(delivery.body, _BODY_IDS[signature.type])
    else:
        found = _first(delivery.headers, _OTHER_HEADERS.get(signature.type, _HEADERS))
    if found is None and proof.digest is not None:
        return f"signed:{proof.digest}"
    return found


def _first(value: JSON, names: tuple[str, ...]) -> str | None:
    if isinstance(value, dict):
        for name in names:
            found = value.get(name)
            if isinstance(found, str) and found:
                return found
    return None


def _said(trigger_id: str, dedupe: str, trigger: JSONObject) -> str | None:
    """What the trigger's expression gives: a text, or a whole number; null or nothing leaves it to the sender."""
    try:
        found = _parsed(dedupe).evaluate({"trigger": trigger})
    except ExpressionError as error:
        raise _undecided(trigger_id, str(error)) from error
    if found is None or isinstance(found, str):
        return found
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    raise _undecided(trigger_id, "expected a text or a whole number")


def _undecided(trigger_id: str, message: str) -> Invalid:
    problem = Problem(f"triggers.{trigger_id}.dedupe", message)
    return Invalid([problem], "The trigger's dedupe expression could not be evaluated for this request")


def _kept(found: str | None) -> str | None:
    """One that is too long or odd to keep stands by its hash."""
    if found is None or (len(found) <= _LONGEST and found.isascii() and found.isprintable()):
        return found
    return "sha256:" + sha256(found.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1_000)
def _parsed(dedupe: str) -> Expression:
    return parse(dedupe)
