"""Secrets and connections with what they need of the outside: token ends, and the ways to try a connection."""

from holdfast.engine.connections.connections import Connections
from holdfast.engine.connections.tokens import Tokens
from holdfast.engine.secrets import Secrets
from holdfast.nodes.sql_statement import DatabaseReach
from holdfast.outgoing.http import OutgoingHttp
from holdfast.outgoing.mail_servers import SmtpServers
from holdfast.outgoing.probes import Probes
from holdfast.outgoing.token_web import OutgoingTokenWeb
from holdfast.ports import Clock, Entropy, SecretUses, Store, Vault
from holdfast.schema import JsonSchemas


def secrets_of(
    store: Store,
    vault: Vault,
    clock: Clock,
    entropy: Entropy,
    uses: SecretUses,
    outgoing: OutgoingHttp,
    databases: DatabaseReach,
) -> tuple[Secrets, Connections]:
    tokens = Tokens(store, vault, clock, entropy, OutgoingTokenWeb(outgoing))
    secrets = Secrets(store, vault, clock, entropy, uses, tokens)
    probes = Probes(outgoing, SmtpServers(outgoing), databases)
    return secrets, Connections(secrets, JsonSchemas(), clock, entropy, probes)
