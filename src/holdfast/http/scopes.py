"""What API keys may be narrowed to: ``<area>:read`` and ``<area>:write``; an area is a router's tag.

What only looks (GET, HEAD) is read, everything else write, unless the route's rule names its scope: an evaluation is
sent as POST and changes nothing. The scopes that exist are those that some route asks for.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final

from holdfast.model.errors import Invalid, Problem

_READING: Final = frozenset({"GET", "HEAD"})


def area_of(route: Any) -> str | None:
    """``dead-letters`` of the tag ``dead letters``; None for a route without a tag."""
    tags = getattr(route, "tags", None)
    return str(tags[0]).replace(" ", "-") if tags else None


def scope_of(route: Any, method: str, named: str | None) -> str:
    """The scope that a call needs; ``named`` by the route's rule, or None."""
    return named or f"{area_of(route)}:{'read' if method in _READING else 'write'}"


def scopes_in(routes: Iterable[tuple[Any, str | None]]) -> frozenset[str]:
    """Every scope that one of these routes asks for; each with what its rule names."""
    return frozenset(scope_of(route, method, named) for route, named in routes for method in route.methods or ())


def checked_scopes(wanted: Collection[str], known: Collection[str]) -> frozenset[str]:
    """Raises ``Invalid`` with the list of those that exist."""
    unknown = [scope for scope in wanted if scope not in known]
    if unknown:
        rule = f"{unknown[0][:100]} is not a scope; there are {', '.join(sorted(known))}"
        raise Invalid([Problem("scopes", rule)], "The scopes are not valid")
    return frozenset(wanted)
