"""What a save may expect of the version before it; every store looks inside the save's own transaction."""

from holdfast.model.errors import Conflict


def check_newest(newest: int, expected: int | None) -> None:
    """Raises ``Conflict`` with both numbers; whoever expects nothing comes after any version."""
    if expected is not None and newest != expected:
        raise Conflict(f"the newest version is {newest}, not {expected}: it was saved meanwhile")
