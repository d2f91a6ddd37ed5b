"""``holdfast mailbox``: the mails that were kept because no SMTP server is set."""

from typing import Annotated, Any

import typer

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_URL, Cursor, Json, Limit, Url, example, new_app
from holdfast.cli.screen import print_fields, print_json, say, say_more, when

app = new_app()


@app.command(epilog=example("holdfast mailbox", "holdfast mailbox --limit 1 --text"))
def mailbox(
    text: Annotated[bool, typer.Option("--text", help="Print the mails' text too.")] = False,
    limit: Limit = 10,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Print the mails of the dev mailbox, newest first."""
    mails, following = call(url, lambda client: client.page("mailbox", query={}, limit=limit, cursor=cursor))
    if as_json:
        print_json(mails)
        say_more(following)
        return
    for number, mail in enumerate(mails):
        if number:
            say()
        print_mail(mail, text=text)
    if not mails:
        say("The mailbox is empty.")
    say_more(following)


def print_mail(mail: Any, *, text: bool) -> None:
    """A mail's head and, if asked for, its text."""
    print_fields(
        [("to", ", ".join(mail["to"])), ("from", mail["from"]), ("subject", mail["subject"]), ("at", when(mail["at"]))]
    )
    if text and mail["text"]:
        say()
        say(mail["text"].rstrip())
