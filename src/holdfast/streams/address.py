"""The broker's address: a URL in one of its forms as a frozen value.

| form | server |
| --- | --- |
| ``redis://[user:password@]host[:port][/database]`` | one server |
| ``unix://[user:password@]/path[?db=database]`` | one server on this host |
| ``redis+sentinel://[user:password@]host[:port],…/service[/database]`` | whom the Sentinels name as the master |
| ``redis+cluster://[user:password@]host[:port],…`` | the node of a Cluster that holds the instance's slot |

``rediss`` instead of ``redis`` is TLS, with options in the query (``TLS_OPTIONS``). Sentinels' own credentials are
``sentinel_username`` and ``sentinel_password`` there. A part of a URL is percent-decoded. What is wrong raises a
``ValueError`` that says the rule and never holds a part of the URL.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

Kind = Literal["single", "unix", "sentinel", "cluster"]

FORMS: Final = (
    "expected redis://host:6379/0, rediss://host:6379/0, unix:///path/to/socket, "
    "redis+sentinel://host:26379,host:26379/service/0 or redis+cluster://host:6379,host:6379"
)
# What follows the first unescaped slash would be taken for a name, and be shown.
MISREAD: Final = "@, : and / in a password or a name are written %40, %3A and %2F"
TLS_OPTIONS: Final = (
    "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname",
)  # fmt: skip

_KINDS: Final[dict[str, Kind]] = {"": "single", "sentinel": "sentinel", "cluster": "cluster"}
_PORTS: Final = {"single": 6379, "unix": 0, "sentinel": 26379, "cluster": 6379}
_SENTINEL_OPTIONS: Final = ("sentinel_username", "sentinel_password")
_VERIFY: Final = ("none", "optional", "required")
_SWITCH: Final = {"true": True, "1": True, "false": False, "0": False}
_LARGEST_DATABASE: Final = 65_535


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to be at a server; empty is nobody."""

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is. ``endpoints`` are servers, Sentinels or nodes to ask; ``tls`` is None without TLS."""

    kind: Kind
    endpoints: tuple[tuple[str, int], ...] = ()
    path: str = ""
    service: str = ""
    database: int = 0
    login: Login = Login()
    sentinel_login: Login = Login()
    tls: tuple[tuple[str, str | bool], ...] | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        parts = _split(url)
        scheme, _, form = parts.scheme.partition("+")
        if parts.scheme == "unix":
            return cls._unix(parts)
        if scheme not in ("redis", "rediss") or form not in _KINDS or (parts.scheme.endswith("+")):
            raise ValueError(FORMS)
        return cls._over_network(_KINDS[form], scheme == "rediss", parts)

    @classmethod
    def _unix(cls, parts: SplitResult) -> Self:
        options = _options(parts, ("db",))
        login, hosts = _login(parts)
        if hosts or not parts.path.strip("/"):
            raise ValueError("expected unix:///path/to/socket, with three slashes before an absolute path")
        if "@" in parts.path:
            raise ValueError(MISREAD)
        return cls("unix", path=unquote(parts.path), database=_database(options.get("db", "0")), login=login)

    @classmethod
    def _over_network(cls, kind: Kind, tls: bool, parts: SplitResult) -> Self:
        allowed = (*(TLS_OPTIONS if tls else ()), *(_SENTINEL_OPTIONS if kind == "sentinel" else ()))
        options = _options(parts, allowed)
        login, hosts = _login(parts)
        service, database = _place(kind, parts.path)
        return cls(
            kind,
            _endpoints(kind, hosts),
            service=service,
            database=database,
            login=login,
            sentinel_login=Login(options.get("sentinel_username", ""), options.get("sentinel_password", "")),
            tls=_tls(options) if tls else None,
        )

    def shown(self) -> str:
        """The address without credentials, for logs and health."""
        if self.kind == "unix":
            return f"unix://{self.path}" + (f"?db={self.database}" if self.database else "")
        scheme = ("redis" if self.tls is None else "rediss") + ("" if self.kind == "single" else f"+{self.kind}")
        hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.endpoints)
        place = f"/{self.service}" if self.service else ""
        return f"{scheme}://{hosts}{place}" + ("" if self.kind == "cluster" else f"/{self.database}")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(FORMS) from None
    if parts.fragment:
        raise ValueError("a # in a password is written %23")
    return parts


def _options(parts: SplitResult, allowed: tuple[str, ...]) -> dict[str, str]:
    """The query. Only the names of options that exist are ever said: another may be a piece of a password."""
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not allowed and options:
        raise ValueError("this form takes no options after a question mark; TLS options go with rediss")
    if not options.keys() <= set(allowed):
        raise ValueError(f"the options after the question mark may be {', '.join(allowed)}")
    return options


def _login(parts: SplitResult) -> tuple[Login, str]:
    """Credentials, and what follows them."""
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    if username and not password:
        raise ValueError("expected user:password@ or :password@ before the host")
    return Login(unquote(username), unquote(password)), hosts


def _endpoints(kind: Kind, hosts: str) -> tuple[tuple[str, int], ...]:
    endpoints = tuple(_endpoint(host, _PORTS[kind]) for host in hosts.split(","))
    if kind == "single" and len(endpoints) > 1:
        raise ValueError("one server is expected; several are written redis+sentinel:// or redis+cluster://")
    return endpoints


def _endpoint(text: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0:
        raise ValueError("expected host or host:port, with a port between 1 and 65535")
    return host, default if port is None else port


def _place(kind: Kind, path: str) -> tuple[str, int]:
    """The service and the database that a path names."""
    steps = [unquote(step) for step in path.strip("/").split("/")] if path.strip("/") else []
    if kind == "cluster":
        if steps and steps != ["0"]:
            raise ValueError("a Cluster has no database numbers")
        return "", 0
    service = ""
    if kind == "sentinel":
        if not steps:
            raise ValueError("expected the name of the Sentinels' service: redis+sentinel://host:26379/service/0")
        service, *steps = steps
        if set(service) & set("@:/"):
            raise ValueError(MISREAD)
    if len(steps) > 1:
        raise ValueError("expected one database number after the host")
    return service, _database(steps[0] if steps else "0")


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST_DATABASE):
        raise ValueError("a database number is 0 or greater")
    return int(text)


def _tls(options: dict[str, str]) -> tuple[tuple[str, str | bool], ...]:
    chosen: dict[str, str | bool] = {name: options[name] for name in TLS_OPTIONS if name in options}
    if chosen.get("ssl_cert_reqs", "none") not in _VERIFY:
        raise ValueError(f"ssl_cert_reqs is one of {', '.join(_VERIFY)}")
    if "ssl_check_hostname" in chosen:
        switch = _SWITCH.get(str(chosen["ssl_check_hostname"]).lower())
        if switch is None:
            raise ValueError("ssl_check_hostname is true or false")
        chosen["ssl_check_hostname"] = switch
    if chosen.get("ssl_cert_reqs") == "none":
        # A name can't be checked on a certificate that isn't looked at.
        chosen["ssl_check_hostname"] = False
    return tuple(chosen.items())
