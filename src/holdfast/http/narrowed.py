"""What a narrowed key can't do, whatever its scopes: let people in, or raise what others may. They would have more than
the key, and whoever holds it could come in as one of them.
"""

from holdfast.http.callers import Caller
from holdfast.http.errors import Refused


def refuse_narrowed(caller: Caller, act: str) -> None:
    """``act``: what the key can't do. Raises ``Refused`` (403)."""
    if caller.scopes is not None:
        detail = f"A key with scopes can't {act}: that would give away more than it may itself. Use a key without."
        raise Refused(403, "Forbidden", detail)
