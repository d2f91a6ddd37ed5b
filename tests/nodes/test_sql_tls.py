"""``sql.query`` over TLS: which mode encrypts, and which checks the server's name, though an address is connected.

The PostgreSQL of the tests is built without TLS, so a front stands before it that answers the protocol's question for
TLS, does the handshake and passes on what is inside.
"""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.sql_query import SqlQuery
from holdfast.nodes.sql_statement import DatabaseReach
from holdfast.ports import NodeContext
from tests.support.postgres import PostgresServer

ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")


@dataclass
class Front:
    """``encrypted`` tells of each connection whether it asked for TLS; others are cut."""

    port: int
    certificate: Path
    encrypted: list[bool] = field(default_factory=list)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of the name localhost that nobody trusts, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "server.crt", folder / "server.key"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    command = [openssl, "req", "-x509", *curve, "-days", "2", "-keyout", str(key), "-out", str(made), *name]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@pytest.fixture
async def front(certificate: tuple[Path, Path], postgres_server: PostgresServer) -> AsyncIterator[Front]:
    made, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    opened = Front(0, made)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.encrypted.append(await reader.readexactly(8) == ASKS_FOR_TLS)
        if not opened.encrypted[-1]:
            writer.close()
            return
        writer.write(b"S")
        try:
            await writer.start_tls(context)
        except OSError:  # the client didn't like the certificate
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", postgres_server.port)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    opened.port = server.sockets[0].getsockname()[1]
    yield opened
    server.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def ask(context: NodeContext, host: str, port: int, mode: str) -> Outcome:
    node = SqlQuery(DatabaseReach(lambda _: True))
    url = f"postgresql://postgres@{host}:{port}/postgres{mode and f'?sslmode={mode}'}"
    return await node.execute(context, {"url": url, "sql": "SELECT 1 AS a", "timeout": "10s"})


@pytest.mark.parametrize("mode", ["", "prefer", "require"])
async def test_a_server_that_can_encrypt_does(mode: str, front: Front, context: NodeContext) -> None:
    assert isinstance(await ask(context, "localhost", front.port, mode), Succeeded)
    assert front.encrypted == [True]


async def test_disabled_means_in_clear(front: Front, context: NodeContext) -> None:
    assert isinstance(await ask(context, "localhost", front.port, "disable"), Failed)
    assert front.encrypted == [False]


@pytest.mark.parametrize(
    ("mode", "reached"), [("", True), ("disable", True), ("require", False), ("verify-full", False)]
)
async def test_a_server_that_cannot_encrypt(
    mode: str, reached: bool, context: NodeContext, postgres_server: PostgresServer
) -> None:
    assert isinstance(await ask(context, "localhost", postgres_server.port, mode), Succeeded) is reached


@pytest.mark.parametrize(("host", "trusted"), [("localhost", True), ("127.0.0.1", False)])
async def test_the_name_is_checked(
    host: str, trusted: bool, front: Front, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(front.certificate))
    outcome = await ask(context, host, front.port, "verify-full")
    assert isinstance(outcome, Succeeded) is trusted
    assert trusted or (isinstance(outcome, Failed) and outcome.error.type == "certificate" and outcome.final)


async def test_who_signed_is_checked(front: Front, context: NodeContext) -> None:
    outcome = await ask(context, "localhost", front.port, "verify-full")
    assert isinstance(outcome, Failed)
    assert (outcome.error.type, outcome.final) == ("certificate", True)
