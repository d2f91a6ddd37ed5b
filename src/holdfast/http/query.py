"""Query parameters: a name that a route doesn't know, and a name given twice, are refused instead of ignored.

Each list has a model of its parameters, which FastAPI reads and documents; this dependency looks at the names only, so
that even a route without parameters refuses them.
"""

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Final, TypeVar

from fastapi import Query, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from holdfast.http.limits import MAX_PARAMETERS
from holdfast.http.validation import known_names, problems_in, unknown
from holdfast.model.errors import Invalid, NotFound, Problem
from holdfast.model.ids import is_id
from holdfast.model.json import problems_of

API_PREFIX = "/api/v1"
T = TypeVar("T")
Endpoint = TypeVar("Endpoint", bound=Callable[..., object])
_ANY: Final = "__holdfast_any_query__"


class Parameters(BaseModel):
    """The base of all query models: text values, converted."""

    model_config = ConfigDict(frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _portable(cls, value: object) -> object:
        found = problems_of(value) if isinstance(value, str) else []
        if found:
            raise ValueError(found[0][1])
        return value


class ListParameters(Parameters):
    """``limit`` and ``cursor`` of every list."""

    limit: int = Field(50, ge=1, le=500, description="How many items at most.")
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before.")


Paging = Annotated[ListParameters, Query()]


def page_of(items: Iterable[T], place: Callable[[T], str], paging: ListParameters) -> tuple[list[T], str | None]:
    """A page of a list that is read whole, in the order of ``place``, and its ``next``. Raises ``Invalid``."""
    after = "" if paging.cursor is None else _place_of(paging.cursor)
    left = sorted((item for item in items if place(item) > after), key=place)
    page = left[: paging.limit]
    return page, urlsafe_b64encode(place(page[-1]).encode()).decode() if len(left) > len(page) else None


def _place_of(cursor: str) -> str:
    try:
        return b64decode(cursor.encode("ascii"), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        rule = "is not a cursor that this server gave; leave it out to start over"
        raise Invalid([Problem("cursor", rule)]) from None


def any_query(endpoint: Endpoint) -> Endpoint:
    """For a route whose address others write: parameters that it doesn't know are passed over."""
    setattr(endpoint, _ANY, True)
    return endpoint


async def known_query(request: Request) -> None:
    """Raises ``Invalid`` for parameters that a route of the API doesn't take."""
    route = request.scope.get("route")
    if isinstance(route, APIRoute) and route.path.startswith(API_PREFIX) and not hasattr(route.endpoint, _ANY):
        await strict_query(request)


async def strict_query(request: Request) -> None:
    """Raises ``Invalid`` for parameters that the route doesn't take, wherever it stands."""
    route = request.scope.get("route")
    if not request.scope["query_string"] or not isinstance(route, APIRoute):
        return
    if request.scope["query_string"].count(b"&") >= MAX_PARAMETERS:
        raise Invalid([Problem("", f"has more than {MAX_PARAMETERS} parameters")], "The query parameters are not valid")
    names = tuple(names_of(route))
    seen: set[str] = set()
    problems: list[Problem] = []
    for name, _ in request.query_params.multi_items():
        if name not in names:
            problems.append(Problem(name[:100], unknown(name, names, "query parameter")))
        elif name in seen:
            problems.append(Problem(name, "is given more than once"))
        seen.add(name)
    if problems:
        raise Invalid([*problems, *_wrong_values(route, request)], "The query parameters are not valid")


def _wrong_values(route: APIRoute, request: Request) -> Iterator[Problem]:
    """What is wrong with parameters that are known: told together with those that aren't."""
    for field in route.dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names = known_names(model)
            try:
                model.model_validate({name: value for name, value in request.query_params.items() if name in names})
            except ValidationError as error:
                yield from problems_in(error.errors(), model)


def names_of(route: APIRoute) -> Iterator[str]:
    """The query parameters that a route takes."""
    for field in route.dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from known_names(annotation)
        else:
            yield field.alias


def checked_id(text: str | None, name: str) -> str | None:
    """An id in a query, or None. Raises ``ValueError``."""
    if text is not None and not is_id(text):
        raise ValueError(f"must be the id of a {name}")
    return text


def path_id(text: str, what: str) -> str:
    """An id in a path: what isn't one can't exist. Raises ``NotFound``."""
    if not is_id(text):
        raise NotFound(f"there is no {what} with this id")
    return text
