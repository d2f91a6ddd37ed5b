"""Times as the API writes them."""

from holdfast.model.instant import Instant, format_instant


def moment(instant: Instant | None) -> str | None:
    """RFC 3339 in UTC, or null."""
    return None if instant is None else format_instant(instant)
