"""What a process says of itself when it starts: addresses without credentials, queues, and how a field is printed."""

from typing import Final
from urllib.parse import urlsplit

from holdfast.cli.screen import say
from holdfast.model.job import ALL_QUEUES
from holdfast.settings import Settings

_POSTGRES: Final = ("postgresql://", "postgres://")


def shown_database(settings: Settings) -> str:
    """The database's address without its password."""
    url = settings.database_url.get_secret_value()
    if not url.startswith(_POSTGRES):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def shown_redis(settings: Settings) -> str:
    """Redis' address, or addresses, without credentials, and what it is used for."""
    if settings.redis_url is None:
        return "not used"
    scheme, _, rest = settings.redis_url.get_secret_value().partition("://")
    shown = f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"
    if settings.database_url.get_secret_value().startswith(_POSTGRES):
        return shown
    return f"{shown} (wake-ups and events only: jobs of a SQLite file are claimed directly)"


def field(name: str, value: str) -> None:
    say((f"  {name:<9} ", "dim"), value)


def served(queues: tuple[str, ...]) -> str:
    return "all queues" if ALL_QUEUES in queues else f"queues {', '.join(queues)}"
