"""Services to try workflows with, offline: people, weather, lead scores, notifications, mails, sensors, a building.

They exist on the loopback address of ``holdfast up`` alone; elsewhere there is nothing at their addresses. They keep no
state and decide by what they are asked, so that the same question gives the same answer: what a test needs. Whoever is
on this machine may ask, without a key, as it is with services that a workflow calls.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from zlib import crc32

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import public
from holdfast.http.body import json_value
from holdfast.http.local_access import reached_locally
from holdfast.http.openapi import takes_anything
from holdfast.http.services import ServicesDep
from holdfast.model.errors import Invalid, NotFound, Problem
from holdfast.model.instant import format_instant
from holdfast.model.json import JSON

MOCK: Final = "/workflows/api/mock"
WEATHER: Final = "/workflows/api/test-weather"
Text = Annotated[str, Query(max_length=200)]


def only_here(request: Request, services: ServicesDep) -> None:
    """Raises ``NotFound`` unless a server with a worker inside was reached from this machine."""
    if services.engine.worker is None or not services.local_access.enabled or not reached_locally(request):
        raise NotFound("there is nothing at this address")


router = APIRouter(tags=["mocks"], dependencies=[Depends(only_here)])


async def sent_object(request: Request) -> Mapping[str, Any]:
    """The object that was sent. Raises ``Invalid``."""
    value = await json_value(request)
    if not isinstance(value, dict):
        raise Invalid([Problem("", "expected an object")], "The body is not valid")
    return value


Sent = Annotated[Mapping[str, Any], Depends(sent_object)]

_TITLES: Final = ("Head of Operations", "Software Engineer", "Chief Executive", "Purchasing Manager")
_SIZES: Final = (4, 35, 180, 1200)


@router.get(MOCK + "/apollo/person-enrichment")
@public
async def enrich_person(email: Text = "ada@analytical.example") -> Response:
    """Who has this address: made up from its letters, at a company named like its domain."""
    name, _, domain = email.partition("@")
    words = [word.capitalize() for word in name.replace("_", ".").replace("-", ".").split(".") if word]
    company = domain.partition(".")[0].capitalize() or "Unknown"
    person = {
        "email": email,
        "name": " ".join(words),
        "title": _one_of(_TITLES, name),
        "company": {"name": company, "domain": domain, "employees": _one_of(_SIZES, domain)},
    }
    return json_answer({"found": bool(words and domain), "person": person})


_CONDITIONS: Final = ("clear", "cloudy", "rain", "storm")
_KNOWN: Final = {"berlin": ("storm", 19.0, 96), "ulm": ("clear", 24.5, 8)}


@router.get(WEATHER)
@router.get(MOCK + "/test-weather")
@router.get(MOCK + WEATHER)
@public
async def weather(city: Text = "Berlin") -> Response:
    """The weather of a city: a storm in Berlin, fine in Ulm, elsewhere by its name's letters."""
    word, celsius, wind = _KNOWN.get(
        city.lower(), (_one_of(_CONDITIONS, city), float(crc32(city.encode()) % 35), crc32(city.encode()) % 90)
    )
    return json_answer({"city": city, "condition": word, "temperature": celsius, "wind_kph": wind})


@router.post(MOCK + "/lead-scoring/analyze", openapi_extra=takes_anything())
@public
async def score_lead(sent: Sent) -> Response:
    """A score of 0 to 100 from `employees`, `title` and `email`, with the reasons."""
    employees = sent.get("employees")
    size = 50 if isinstance(employees, int) and employees >= 100 else 20 if isinstance(employees, int) else 0
    boss = 30 if any(word in str(sent.get("title", "")) for word in ("Chief", "Head")) else 10
    own = 0 if str(sent.get("email", "")).endswith(("@gmail.com", "@gmx.de")) else 20
    reasons = {"company_size": size, "position": boss, "address": own}
    score = sum(reasons.values())
    grade = "hot" if score >= 70 else "warm" if score >= 40 else "cold"
    return json_answer({"score": score, "grade": grade, "reasons": reasons})


@router.post(MOCK + "/notifications/ae-alert", openapi_extra=takes_anything())
@public
async def alert_sales(sent: Sent) -> Response:
    """Takes a notification for the account executive, and says so."""
    return json_answer({"notified": True, "channel": "account-executive", "received": sent})


@router.post(MOCK + "/email/follow-up", openapi_extra=takes_anything())
@public
async def follow_up(sent: Sent) -> Response:
    """Takes a mail that follows up a lead; `to` must be there. Nothing is sent."""
    to = sent.get("to")
    if not isinstance(to, str) or "@" not in to:
        raise Invalid([Problem("to", "must be an address")], "The mail is not valid")
    return json_answer({"queued": True, "to": to, "received": sent})


_ROOMS: Final = {"lobby": 21.5, "office": 24.0, "server-room": 31.5}


@router.get(MOCK + "/sensors/temperature/live")
@public
async def read_sensors(services: ServicesDep, room: Text = "") -> Response:
    """What the sensors of a building measure; of one `room`, or of all."""
    readings = [{"room": name, "celsius": celsius} for name, celsius in _ROOMS.items() if room in ("", name)]
    if not readings:
        raise NotFound(f"there is no sensor in this room; there are some in {', '.join(_ROOMS)}")
    return json_answer({"at": format_instant(services.now()), "unit": "celsius", "readings": readings})


@router.post(MOCK + "/building/ac/control", openapi_extra=takes_anything())
@public
async def control_cooling(sent: Sent) -> Response:
    """Sets the cooling of a `room` to `target` degrees; a target below 16 is refused."""
    room, target = sent.get("room"), sent.get("target", 22)
    problems = [] if room in _ROOMS else [Problem("room", f"must be one of {', '.join(_ROOMS)}")]
    if isinstance(target, bool) or not isinstance(target, int | float) or target < 16:
        problems.append(Problem("target", "must be a number of at least 16"))
    if problems:
        raise Invalid(problems, "The cooling can't be set")
    return json_answer({"accepted": True, "room": room, "mode": "cooling", "target": target})


@router.post(MOCK + "/triggers/temperature-alert", openapi_extra=takes_anything())
@public
async def judge_temperature(sent: Sent) -> Response:
    """Whether `celsius` is above `threshold` (28), and by how much."""
    measured, threshold = _number(sent, "celsius", 0.0), _number(sent, "threshold", 28.0)
    over = round(measured - threshold, 2)
    return json_answer({"alert": over > 0, "celsius": measured, "threshold": threshold, "over_by": max(over, 0)})


def _number(sent: Mapping[str, JSON], key: str, default: float) -> float:
    value = sent.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid([Problem(key, "must be a number")], "The body is not valid")
    return value


def _one_of(options: tuple[Any, ...], text: str) -> Any:
    return options[crc32(text.encode()) % len(options)]
