"""An OpenID Connect provider as this server talks to it: its description and keys, codes for tokens, what a token says.

Nothing it says is taken on trust. Its description must name the issuer that was set; a token counts when one of its
keys signed it with an asymmetric algorithm of a fixed list, it names this issuer and this client, it isn't over, and it
holds the nonce of this very sign-in. Description and keys are kept for a while; an unknown key is looked for once more,
not more often than every half minute.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.constant_time import bytes_eq
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from holdfast.model.errors import HoldfastError
from holdfast.model.instant import HOUR, MINUTE, SECOND, Instant, Micros
from holdfast.ports import Clock

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_KEYS: Final = frozenset({"RSA", "EC", "OKP"})
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
# What reading a token, or keys, of somebody else's making may raise.
_UNREADABLE: Final = (JoseError, ValueError, TypeError, KeyError)
_LEEWAY: Final = 60
_KEEP: Final[Micros] = HOUR
_KEEP_KEYS: Final[Micros] = 10 * MINUTE
_AGAIN: Final[Micros] = 30 * SECOND
_LONGEST_TOKEN: Final = 16 * 1024
_LONGEST: Final = 255


class OpenIdFailed(HoldfastError):
    """Who signs in can't be told. ``reason`` is one word of a few, for the page that shows it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Web(Protocol):
    """Requests to the provider: bounded in time and size, without redirects. Raises ``ConnectionError``."""

    async def get(self, url: str, bearer: str | None = None) -> tuple[int, bytes]: ...

    async def post(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> tuple[int, bytes]: ...


@dataclass(frozen=True, slots=True)
class OpenIdClient:
    """Who this server is to its provider. ``secret`` None: a public client, which PKCE alone protects."""

    issuer: str
    id: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Vouched:
    """What the provider says of who signed in."""

    subject: str
    email: str
    name: str


class Provider:
    """The provider of one client."""

    def __init__(self, client: OpenIdClient, web: Web, clock: Clock) -> None:
        self.client = client
        self._web = web
        self._clock = clock
        self._described: tuple[Instant, Mapping[str, Any]] | None = None
        self._keys: tuple[Instant, KeySet] | None = None

    async def describe(self) -> Mapping[str, Any]:
        """Its description. Raises ``OpenIdFailed``."""
        now = self._clock.now()
        if self._described is None or now - self._described[0] > _KEEP:
            found = await self._object(self.client.issuer.rstrip("/") + _WELL_KNOWN)
            if found.get("issuer") != self.client.issuer:
                raise OpenIdFailed("unavailable", "the provider isn't the issuer that is set")
            self._described = (now, found)
        return self._described[1]

    async def endpoint(self, name: str) -> str:
        """An address of its description. Raises ``OpenIdFailed``."""
        url = (await self.describe()).get(name)
        if not isinstance(url, str) or not _as_safe(url, self.client.issuer):
            raise OpenIdFailed("unavailable", f"the provider's {name} is missing or isn't safe")
        return url

    async def exchange(self, code: str, verifier: str, redirect: str, nonce: str) -> Vouched:
        """Who the code stands for. Raises ``OpenIdFailed``."""
        tokens = await self._tokens(code, verifier, redirect)
        claims = await self._claims(str(tokens.get("id_token", "")), nonce)
        if "email" not in claims:
            claims = {**claims, **await self._user_info(str(tokens.get("access_token", "")), claims["sub"])}
        if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
            raise OpenIdFailed("unverified", "the provider doesn't vouch for the address")
        return Vouched(claims["sub"], claims["email"], str(claims.get("name") or ""))

    async def _tokens(self, code: str, verifier: str, redirect: str) -> Mapping[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        client, basic = self.client, None
        ways = (await self.describe()).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if client.secret is not None and "client_secret_basic" in ways:
            basic = (client.id, client.secret)
        else:
            form |= {"client_id": client.id, **({} if client.secret is None else {"client_secret": client.secret})}
        status, body = await self._asked(self._web.post(await self.endpoint("token_endpoint"), form, basic))
        if status != 200:
            raise OpenIdFailed("refused", "the provider doesn't take the code (any more)")
        return _object(body)

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """What the ID token says, once all of it has been checked."""
        if not token or len(token) > _LONGEST_TOKEN:
            raise OpenIdFailed("refused", "the provider sent no ID token")
        try:
            decoded = await self._decoded(token)
        except _UNREADABLE:
            raise OpenIdFailed("refused", "the ID token isn't signed by the provider") from None
        claims: dict[str, Any] = dict(decoded.claims)
        if not _counts(claims, self.client, nonce, self._clock.now() // SECOND):
            raise OpenIdFailed("refused", "the ID token isn't for this sign-in")
        return claims

    async def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, await self._key_set(), ALGORITHMS)
        except _UNREADABLE:
            if self._keys is None or self._clock.now() - self._keys[0] < _AGAIN:
                raise
        return jwt.decode(token, await self._key_set(anew=True), ALGORITHMS)

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        now = self._clock.now()
        if anew or self._keys is None or now - self._keys[0] > _KEEP_KEYS:
            found = (await self._object(await self.endpoint("jwks_uri"))).get("keys")
            keys = [key for key in found if _signs(key)] if isinstance(found, Sequence) else []
            self._keys = (now, KeySet.import_key_set({"keys": keys}))
        return self._keys[1]

    async def _user_info(self, access_token: str, subject: str) -> Mapping[str, Any]:
        """What the provider tells of the user beside the token. It must be of the same subject."""
        if not access_token or len(access_token) > _LONGEST_TOKEN:
            raise OpenIdFailed("unverified", "the provider doesn't tell the address")
        url = await self.endpoint("userinfo_endpoint")
        status, body = await self._asked(self._web.get(url, access_token))
        found = _object(body) if status == 200 else {}
        if found.get("sub") != subject:
            raise OpenIdFailed("refused", "the provider tells of somebody else")
        return {name: found[name] for name in ("email", "email_verified", "name") if name in found}

    async def _object(self, url: str) -> Mapping[str, Any]:
        status, body = await self._asked(self._web.get(url))
        if status != 200:
            raise OpenIdFailed("unavailable", f"the provider answers with status {status}")
        return _object(body)

    async def _asked(self, request: Any) -> tuple[int, bytes]:
        try:
            answer: tuple[int, bytes] = await request
        except ConnectionError as error:
            raise OpenIdFailed("unavailable", f"the provider can't be reached: {error}") from None
        return answer


def _counts(claims: Mapping[str, Any], client: OpenIdClient, nonce: str, now: int) -> bool:
    """Whether a signed token's claims are of this issuer, for this client, for this sign-in, and of now."""
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    subject, given = claims.get("sub"), claims.get("nonce")
    expires, issued = claims.get("exp"), claims.get("iat")
    return (
        claims.get("iss") == client.issuer
        and isinstance(audiences, list)
        and client.id in audiences
        and (len(audiences) == 1 or claims.get("azp") == client.id)
        and claims.get("azp", client.id) == client.id
        and isinstance(subject, str)
        and 0 < len(subject) <= _LONGEST
        and isinstance(given, str)
        and bytes_eq(given.encode(), nonce.encode())
        and _number(expires, 0) > now - _LEEWAY
        and _number(issued, now + _LEEWAY) < now + _LEEWAY
    )


def _number(value: Any, otherwise: int) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def _signs(key: Any) -> bool:
    return isinstance(key, dict) and key.get("kty") in _KEYS and key.get("use", "sig") == "sig"


def _as_safe(url: str, issuer: str) -> bool:
    """Over HTTPS, or as open as the issuer itself is."""
    return url.startswith("https://") or (issuer.startswith("http://") and url.startswith("http://"))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OpenIdFailed("unavailable", "the provider's answer isn't a JSON object")
    return found
