"""Pagination of ``http.request``: where the next page is, and the list that all pages make.

``next`` is an expression over ``response`` ({status, headers, json}) and ``page`` (how many were read); it gives the
address of the next page, or with ``param`` the value of that query parameter, or null at the end. ``link`` takes the
address from the ``Link`` header. A page that was read already, or a page without a list, is a ``PageError``: final.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

from yarl import URL

from holdfast.model.expression import Expression, ExpressionError, parse
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import LATER_MARK
from holdfast.nodes.node import as_text, object_schema

MOST_PAGES: Final = 1_000
DEFAULT_PAGES: Final = 100
_NAMES: Final = ("response", "page")

_RULE: Final[dict[str, Any]] = {"x-holdfast-message": "give either next (with or without param) or link"}

SCHEMA: Final = object_schema(
    {
        "next": {
            "type": "string",
            "title": "Next page",
            "description": "An expression, without braces, over response and page: the next page's address, "
            "or the value of the query parameter; null ends.",
            "minLength": 1,
            "examples": ["response.json.next", "size(response.json.items) > 0 ? page + 1 : null"],
            LATER_MARK: list(_NAMES),
        },
        "param": {
            "type": "string",
            "title": "Query parameter",
            "description": "The parameter that takes what next gives; without it, next gives an address.",
            "minLength": 1,
            "examples": ["cursor"],
        },
        "link": {
            "type": "boolean",
            "title": "Link header",
            "description": "Follow the address that the Link header names as next.",
        },
        "items": {
            "type": "string",
            "title": "Items",
            "description": "An expression, without braces: the list in a page. Without it, a page is the list.",
            "minLength": 1,
            "examples": ["response.json.items"],
            LATER_MARK: list(_NAMES),
        },
        "max_pages": {
            "type": "integer",
            "title": "Most pages",
            "description": "The output says more: true when there were more.",
            "minimum": 1,
            "maximum": MOST_PAGES,
            "default": DEFAULT_PAGES,
        },
    },
    title="Pages",
    description="Reads page after page; the output's json is the list of all their items.",
    oneOf=[{"required": ["next"]}, {"required": ["link"], "not": {"required": ["param"]}}],
    **_RULE,
)


class PageError(Exception):
    """A page that can't be read on from; the text names no address and no content."""


@dataclass(frozen=True, slots=True)
class Pages:
    """How to go from page to page."""

    next: Expression | None
    param: str | None
    items: Expression
    most: int

    def items_of(self, output: JSONObject, page: int) -> list[JSON]:
        """The items of a page. Raises ``PageError``."""
        items = _value("items", self.items, output, page)
        if not isinstance(items, list):
            raise PageError(f"page {page}: items must give a list")
        return items

    def after(self, url: URL, output: JSONObject, links: URL | None, page: int) -> URL | None:
        """The address after ``url``; None at the end. ``links`` is what the Link header names as next."""
        if self.next is None:
            return links
        value = _value("next", self.next, output, page)
        if value is None or value == "":
            return None
        if isinstance(value, dict | list | bool):
            raise PageError(f"page {page}: next must give a text, a number or null")
        if self.param is not None:
            return url.update_query({self.param: as_text(value)})
        try:
            return url.join(URL(as_text(value)))
        except ValueError:
            raise PageError(f"page {page}: next must give an address") from None


def read_pages(params: JSONObject) -> Pages | None:
    """The pagination that ``params`` ask for. Raises ``ValueError``."""
    given = params.get("paginate")
    if not isinstance(given, dict):
        return None
    follow = given.get("next")
    if (follow is None) == (given.get("link") is not True):
        raise ValueError("paginate: give either next or link: true")
    param, most = given.get("param"), given.get("max_pages", DEFAULT_PAGES)
    return Pages(
        next=None if follow is None else _parsed("next", follow),
        param=None if param is None else as_text(param),
        items=_parsed("items", given.get("items", "response.json")),
        most=most if isinstance(most, int) else DEFAULT_PAGES,
    )


def _parsed(name: str, source: JSON) -> Expression:
    try:
        return parse(as_text(source), _NAMES)
    except ExpressionError as error:
        raise ValueError(f"paginate.{name}: {error}, at character {error.position + 1}") from None


def _value(name: str, expression: Expression, output: JSONObject, page: int) -> JSON:
    response: dict[str, Any] = {key: output[key] for key in ("status", "headers", "json")}
    try:
        return cast(JSON, expression.evaluate({"response": response, "page": page}))
    except ExpressionError as error:
        raise PageError(f"page {page}: {name}: {error}") from None
