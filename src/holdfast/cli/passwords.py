"""How a command gets a password: from a terminal, which asks twice; from standard input; or made here and shown once.

Never from an argument, which other users of the machine could read.
"""

import sys
from typing import Annotated, NamedTuple

import typer

PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
_MOST = 1024


class Chosen(NamedTuple):
    """A password; ``made``: here, so it must be shown."""

    password: str
    made: bool = False


def choose(*, from_stdin: bool) -> Chosen:
    """Raises ``typer.BadParameter``."""
    if from_stdin:
        return Chosen(_read())
    if sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return Chosen(asked)
    from holdfast.system import SystemEntropy  # here, so that --help needn't load it

    return Chosen(SystemEntropy().new_key(), made=True)


def _read() -> str:
    try:
        text = sys.stdin.buffer.read(_MOST).decode()
    except UnicodeDecodeError:
        raise typer.BadParameter("standard input isn't UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")
