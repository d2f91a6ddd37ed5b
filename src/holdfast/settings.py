"""Settings: everything an operator sets, from ``HOLDFAST_…`` variables or the command line's overrides.

``load`` gives valid settings or raises ``Invalid`` with every problem at once; a problem's path is the variable's name,
and its message says the rule and never the value. What can hold a credential is a ``SecretStr``, so that it can't be
printed by accident. ``describe`` is the material of the documentation page, ``unknown_variables`` finds misspelt names.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails, PydanticUndefined
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import DAY, SECOND, Micros, format_duration, parse_duration
from holdfast.streams.address import Address

PREFIX: Final = "HOLDFAST_"
# Read by the commands that call the API, not by the server.
CLIENT_VARIABLES: Final = frozenset({"HOLDFAST_URL", "HOLDFAST_API_KEY"})

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_STORES: Final = ("sqlite:///", "postgresql://", "postgres://")


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _names(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Duration = Annotated[Micros, BeforeValidator(_duration)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
Level = Literal["debug", "info", "warning", "error"]


class Settings(BaseSettings):
    """One instance's settings. Durations are microseconds here and text such as ``30s`` outside."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    database_url: SecretStr = Field(
        SecretStr("sqlite:///.holdfast/holdfast.db"),
        description="sqlite:///relative, sqlite:////absolute, postgresql://user:password@host/name or memory:",
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis or Valkey for job streams and wake-ups: redis://host:6379/0, rediss://…, unix:///path, "
        "redis+sentinel://host:26379,…/service/0 or redis+cluster://host:6379,…. Without it, none is used.",
    )
    host: str = Field("127.0.0.1", min_length=1, description="The address that the server listens on.")
    port: int = Field(8000, ge=0, le=65_535, description="The port that the server listens on; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="The address of this server as others see it, for webhooks: https://flows.example.com."
    )
    secret_key: SecretStr | None = Field(
        None, description="The key that signs and encrypts. On a loopback address one is made once when it is missing."
    )
    secret_key_file: str | None = Field(
        None, description="A file that holds the secret key, in the place of HOLDFAST_SECRET_KEY."
    )
    secret_key_previous: SecretStr | None = Field(
        None,
        description="Other secret keys, separated by commas, that still open and verify what they sealed and signed. "
        "`holdfast secrets rotate` seals everything with the one in HOLDFAST_SECRET_KEY.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="The mail server: smtp://user:password@host:587?starttls=true&from=me@example.com, or smtps://…. "
        "Without it, mail is kept in the dev mailbox.",
    )
    worker_concurrency: int = Field(500, ge=1, le=10_000, description="How many jobs a worker process runs at once.")
    worker_tags: Names = Field((), description="Tags that a worker carries: jobs with a tag go to such a worker only.")
    max_concurrent_runs: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="How many runs of one workflow may go at once where it doesn't say itself. Without it: any number.",
    )
    retention: Duration = Field(
        30 * DAY,
        ge=60 * SECOND,
        description="How long ended jobs, ended runs and events are kept, unless tenant or queue say otherwise.",
    )
    lease: Duration = Field(
        30 * SECOND, ge=SECOND, le=3600 * SECOND, description="How long a silent worker keeps its jobs."
    )
    tasks: Names = Field((), description="Modules with your task functions: billing.tasks,crm.tasks.")
    log_format: Literal["console", "json"] | None = Field(
        None, description="console (for people) or json. Without it: console on a terminal, else json."
    )
    log_level: Annotated[Level, BeforeValidator(_lower)] = Field(
        "info", description="The least level that is logged: debug, info, warning or error."
    )
    allow_private_network: bool | None = Field(
        None,
        description="Whether http.request and sql.query may reach private addresses: true all, false none. Without it: "
        "loopback addresses for the local single user, none otherwise.",
    )
    sqlite_folders: Names = Field(
        (),
        description="Folders whose SQLite files sql.query may open: /srv/data,/srv/reports. Without it: the folder "
        "data beside the instance's own file for the local single user, none otherwise.",
    )
    owner_email: str | None = Field(None, description="The first owner, made at the start when there is none.")
    owner_password: SecretStr | None = Field(None, description="The first owner's password, used with the address.")
    oidc_issuer: str | None = Field(
        None,
        description="An OpenID Connect provider that people may sign in by: https://login.example.com. Its redirect "
        "address here is <HOLDFAST_PUBLIC_URL>/api/v1/session/openid/callback.",
    )
    oidc_client_id: str | None = Field(None, description="What this server is called at that provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="Its secret there; a public client has none.")
    oidc_name: str = Field("OpenID", max_length=60, description="What people call the provider: the button says it.")
    oidc_domains: Names = Field(
        (), description="Whose addresses get in without an invite, with HOLDFAST_OIDC_ROLE: example.com,example.org."
    )
    oidc_role: Literal["owner", "admin", "editor", "operator", "viewer"] | None = Field(
        None, description="The role of who gets in by their domain. Without it, only who was invited gets in."
    )
    rate_limit: int = Field(
        1_000,
        ge=0,
        le=500_000,
        description="Requests a second that each key or person may make of each server process, twice as many at once; "
        "0: any number, and no bound on sign-ins and guesses by address either.",
    )
    trusted_proxies: Names = Field(
        (),
        description="Proxies whose X-Forwarded-For tells where a request comes from: 10.0.0.0/8,127.0.0.1. Without it, "
        "the header counts for nothing.",
    )
    shutdown_grace: Duration = Field(
        10 * SECOND, ge=0, le=3600 * SECOND, description="How long a shutdown waits for running jobs."
    )

    @field_validator("database_url")
    @classmethod
    def _known_store(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url != "memory:" and not (url.startswith(_STORES) and len(url.partition("://")[2].strip("/"))):
            raise ValueError("expected sqlite:///path, postgresql://user:password@host/name or memory:")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Address.parse(value.get_secret_value())
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        return _addressed(value, ("smtp", "smtps"), "expected smtp://host:port or smtps://host:port")

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _split(value)
        web = parts is not None and parts.scheme in ("http", "https") and parts.hostname
        if not web or parts.query or parts.fragment:
            raise ValueError("expected an address such as https://flows.example.com, without query or fragment")
        return value.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        parts = None if value is None else _split(value)
        if value is not None and not _is_issuer(parts):
            raise ValueError("expected https://host, without query or fragment (http:// on a loopback address only)")
        return value

    @field_validator("oidc_domains")
    @classmethod
    def _domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("@" in each or "*" in each or " " in each for each in value):
            raise ValueError("expected domains such as example.com,example.org")
        return tuple(each.lower() for each in value)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            for each in value:
                ip_network(each)
        except ValueError:
            raise ValueError("expected addresses and networks such as 10.0.0.0/8,127.0.0.1") from None
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("a secret key has at least 32 characters")
        return value

    @field_validator("secret_key_previous")
    @classmethod
    def _all_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and any(len(key.strip()) < 32 for key in value.get_secret_value().split(",")):
            raise ValueError("each secret key has at least 32 characters")
        return value


def load(**overrides: Any) -> Settings:
    """The settings of the environment, with ``overrides`` (by field name; None means not given) before them."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = [Problem(_variable(detail), _sentence(detail)) for detail in error.errors(include_url=False)]
        raise Invalid(problems, "The settings are not valid") from None


def unknown_variables(environ: Mapping[str, str]) -> list[Problem]:
    """A problem for every ``HOLDFAST_…`` variable that means nothing, with the name that may have been meant."""
    known = {variable_of(name) for name in Settings.model_fields} | CLIENT_VARIABLES
    return [
        Problem(name, f"is not a setting{_guess(name, known)}")
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]


@dataclass(frozen=True, slots=True)
class SettingText:
    """One setting as the documentation shows it; ``default`` is text, empty when there is none."""

    variable: str
    default: str
    description: str
    secret: bool


def describe() -> list[SettingText]:
    """Every setting in the order of the class."""
    texts = []
    for name, field in Settings.model_fields.items():
        default, secret = _default_text(name, field.default), "SecretStr" in str(field.annotation)
        texts.append(SettingText(variable_of(name), default, field.description or "", secret))
    return texts


def variable_of(name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + name.upper()


def _default_text(name: str, value: object) -> str:
    if value is None or value is PydanticUndefined or value == ():
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if name in ("lease", "shutdown_grace") and isinstance(value, int):
        return format_duration(value)
    return str(value)


def _addressed(value: SecretStr | None, schemes: tuple[str, ...], rule: str) -> SecretStr | None:
    parts = None if value is None else _split(value.get_secret_value())
    if value is not None and (parts is None or parts.scheme not in schemes or not (parts.netloc or parts.path)):
        raise ValueError(rule)
    return value


def _is_issuer(parts: Any) -> bool:
    if parts is None or not parts.hostname or parts.query or parts.fragment:
        return False
    return bool(parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))


def _split(url: str) -> Any:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a wrong port raises only when it is read
    except ValueError:
        return None
    return parts


def _variable(detail: ErrorDetails) -> str:
    return variable_of(str(detail["loc"][0])) if detail["loc"] else ""


def _sentence(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        return f"is not a setting{_guess(name, set(Settings.model_fields))}"
    if name in ("lease", "shutdown_grace") and detail["type"] in ("greater_than_equal", "less_than_equal"):
        context = detail.get("ctx", {})
        bound = context.get("ge", context.get("le", 0))
        return f"must be at {'least' if 'ge' in context else 'most'} {format_duration(int(bound))}"
    return message[:1].lower() + message[1:]


def _guess(name: str, known: set[str] | frozenset[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
