"""People as the settings have them: mail for their invites, and the provider that they may sign in by."""

from holdfast.engine.people.openid import Newcomers
from holdfast.engine.people.openid_provider import OpenIdClient
from holdfast.engine.people.people import People, Signing
from holdfast.model.access import Role
from holdfast.model.errors import Invalid, Problem
from holdfast.outgoing.http import OutgoingHttp
from holdfast.outgoing.provider_web import ProviderWeb
from holdfast.ports import Clock, Entropy, MailTransport, Store, Vault
from holdfast.settings import Settings


def people_of(
    settings: Settings,
    store: Store,
    vault: Vault,
    clock: Clock,
    entropy: Entropy,
    transport: MailTransport,
    outgoing: OutgoingHttp,
) -> People:
    """Raises ``Invalid``."""
    signing = _signing(settings, outgoing)
    mailed = settings.smtp_url is not None
    return People(store, vault, clock, entropy, transport, mailed=mailed, signing=signing)


def _signing(settings: Settings, outgoing: OutgoingHttp) -> Signing | None:
    """The OpenID provider; None when none is set. Half a setting is none that could be meant."""
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise Invalid([Problem("HOLDFAST_OIDC_CLIENT_ID", "is missing: HOLDFAST_OIDC_ISSUER is set")])
    secret = settings.oidc_client_secret
    client = OpenIdClient(
        settings.oidc_issuer, settings.oidc_client_id, None if secret is None else secret.get_secret_value()
    )
    role = None if settings.oidc_role is None else Role.of(settings.oidc_role)
    newcomers = Newcomers(frozenset(settings.oidc_domains), role)
    return Signing(settings.oidc_name, client, newcomers, ProviderWeb(outgoing))
