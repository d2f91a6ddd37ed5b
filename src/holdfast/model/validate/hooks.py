"""Reading a webhook trigger: methods, signature, answer and bounds. Each key is known only where it means something."""

import re
from typing import Final

from holdfast.model.instant import DAY, MINUTE, SECOND
from holdfast.model.signatures.body_hmac import ALGORITHMS, ENCODINGS
from holdfast.model.trigger import Respond, Signature, SignatureType, WebhookSpec
from holdfast.model.validate.fields import Fields

KEYS: Final = ("methods", "signature", "respond", "wait", "max_body", "rate", "dedupe", "cors")
MOST_BODY: Final = 8 * 1024 * 1024
LONGEST_WAIT: Final = 5 * MINUTE
SECRET_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)

_RESPONDS: Final[tuple[Respond, ...]] = ("now", "result", "node")
_SIGNATURES: Final[tuple[SignatureType, ...]] = ("standard", "github", "stripe", "slack", "hmac", "basic", "bearer")
_ALWAYS: Final = ("type", "secret", "secrets")
_OWN_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "none": (),
    "standard": (*_ALWAYS, "tolerance"),
    "github": _ALWAYS,
    "stripe": (*_ALWAYS, "tolerance"),
    "slack": (*_ALWAYS, "tolerance"),
    "hmac": (*_ALWAYS, "header", "algorithm", "encoding", "prefix"),
    "basic": (*_ALWAYS, "user"),
    "bearer": _ALWAYS,
}
_ALL_KEYS: Final = tuple(dict.fromkeys(key for keys in _OWN_KEYS.values() for key in keys))
_MOST_SECRETS: Final = 10
_MOST_LISTED: Final = 50
_METHOD: Final = re.compile(r"[A-Z][A-Z-]{0,30}", re.ASCII)
_HEADER: Final = re.compile(r"[a-z0-9][a-z0-9!#$%&'*+.^_`|~-]{0,99}", re.ASCII)
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+", re.ASCII)


def read_hook(fields: Fields, *, rule: bool = False) -> WebhookSpec:
    """The webhook, with defaults in the place of what is missing or wrong. A rule's has nothing to wait for."""
    respond = fields.choice("respond", _RESPONDS, "now")
    if rule and respond != "now":
        fields.add("respond", "a rule answers at once: it has no run whose result or node could answer")
        respond = "now"
    elif respond == "now" and "wait" in fields:
        fields.add("wait", "needs respond: result or respond: node; an answer at once waits for nothing")
    default = WebhookSpec()
    return WebhookSpec(
        methods=_methods(fields),
        signature=_signature(fields),
        respond=respond,
        wait=fields.duration("wait", default.wait, least=1, most=LONGEST_WAIT),
        max_body=fields.integer("max_body", default.max_body, 1, MOST_BODY),
        rate=fields.rate("rate"),
        dedupe=fields.expression("dedupe"),
        cors=_origins(fields),
    )


def _methods(fields: Fields) -> tuple[str, ...]:
    methods: list[str] = []
    for index, given in enumerate(fields.items("methods", _MOST_LISTED)):
        name = given.upper() if isinstance(given, str) else ""
        if _METHOD.fullmatch(name):
            methods.append(name)
        else:
            fields.problems.add((*fields.at("methods"), index), "expected a method such as POST")
    if fields.raw("methods") == []:
        fields.add("methods", "name at least one method, or leave methods out to allow any")
    return tuple(dict.fromkeys(methods))


def _origins(fields: Fields) -> tuple[str, ...]:
    if fields.raw("cors") == "*":
        return ("*",)
    origins: list[str] = []
    for index, given in enumerate(fields.items("cors", _MOST_LISTED)):
        if isinstance(given, str) and (given == "*" or _ORIGIN.fullmatch(given)):
            origins.append(given)
        else:
            rule = 'expected an origin such as https://app.example.com, without a path, or "*"'
            fields.problems.add((*fields.at("cors"), index), rule)
    return tuple(dict.fromkeys(origins))


def _signature(fields: Fields) -> Signature | None:
    given = fields.raw("signature")
    if "signature" not in fields or given == "none":
        return None
    if isinstance(given, str):
        fields.add("signature", "expected none or an object such as {type: standard, secret: NAME}")
        return None
    kind = given.get("type") if isinstance(given, dict) else None
    known = _OWN_KEYS.get(kind, _ALL_KEYS) if isinstance(kind, str) else _ALL_KEYS
    inner = Fields(given, fields.at("signature"), fields.problems, ("type", *known))
    inner.require("type")
    if kind == "none" or "type" not in inner:
        return None
    chosen = inner.choice("type", _SIGNATURES, "hmac")
    return _signed(inner, chosen) if chosen == kind else None


def _signed(fields: Fields, kind: SignatureType) -> Signature:
    default = Signature(kind, ())
    header = fields.text("header", default.header).lower()
    if not _HEADER.fullmatch(header):
        fields.add("header", "expected the name of a header, such as X-Signature")
    user = fields.text("user", limit=200)
    if kind == "basic" and (not user or ":" in user):
        fields.add("user", "basic needs the name of the user, without a colon")
    return Signature(
        type=kind,
        secrets=_secrets(fields),
        tolerance=fields.duration("tolerance", default.tolerance, least=SECOND, most=DAY),
        header=header,
        algorithm=fields.choice("algorithm", ALGORITHMS, "sha256"),
        encoding=fields.choice("encoding", ENCODINGS, "hex"),
        prefix=fields.text("prefix", limit=50),
        user=user,
    )


def _secrets(fields: Fields) -> tuple[str, ...]:
    if ("secret" in fields) == ("secrets" in fields):
        fields.add("secret", "give either secret, the name of a secret, or secrets, a list of such names")
        return ()
    if "secret" in fields:
        return _secret_names(fields, [(fields.at("secret"), fields.raw("secret"))])
    names = fields.items("secrets", _MOST_SECRETS)
    if fields.raw("secrets") == []:
        fields.add("secrets", "name at least one secret")
    return _secret_names(fields, [((*fields.at("secrets"), index), name) for index, name in enumerate(names)])


def _secret_names(fields: Fields, given: list[tuple[tuple[str | int, ...], object]]) -> tuple[str, ...]:
    names: list[str] = []
    for path, name in given:
        if isinstance(name, str) and SECRET_NAME.fullmatch(name):
            names.append(name)
        else:
            rule = "expected the name of a secret: 1 to 64 letters, digits or _, not beginning with a digit"
            fields.problems.add(path, rule)
    return tuple(dict.fromkeys(names))
