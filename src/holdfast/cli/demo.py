"""``holdfast demo``: a real webhook at a running server, its run live, and the mail that came of it.

Loads the sample workflow through the API if it is absent, posts to its webhook's address as any program would, watches
the run to its end, and shows the mail that arrived in the dev mailbox. Exit 1 when the run doesn't succeed.
"""

import asyncio
import uuid
from typing import Any, Final

import typer

from holdfast.cli.apply import save
from holdfast.cli.client import Client, call
from holdfast.cli.failures import PROBLEM, Refused
from holdfast.cli.mailbox import print_mail
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_app
from holdfast.cli.screen import compact, print_json, say
from holdfast.cli.watch import ending, watch
from holdfast.definition_yaml import read_yaml
from holdfast.model.errors import Conflict
from holdfast.samples import DEMO, DEMO_INPUT, read_sample

app = new_app()

_MAILS: Final = 20
_MAIL_TRIES: Final = 20
_MAIL_PAUSE: Final = 0.1


@app.command(epilog=example("holdfast demo", "holdfast demo --json | jq .run.output"))
def demo(url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Fire a webhook at a running server and watch its run.

    Start a server first: holdfast up --samples
    """
    run, mail = call(url, lambda client: _demo(client, quiet=as_json))
    if as_json:
        print_json({"run": run, "mail": mail})
    if run["state"] != "SUCCEEDED":
        raise typer.Exit(PROBLEM)


async def _demo(client: Client, *, quiet: bool) -> tuple[Any, Any]:
    workflow = await _sample(client)
    hook = _hook(workflow)
    if not quiet:
        say(("POST ", "bold"), hook)
        say((compact(DEMO_INPUT), "dim"))
    run_id = (await client.fire(hook, DEMO_INPUT, f"demo-{uuid.uuid4()}"))["run_id"]
    if not quiet:
        say(("202 ", "green"), "accepted: run ", (run_id, "bold"), " is committed\n")
    run = await watch(client, run_id, quiet=quiet)
    mail = await _mail_of(client, run)
    if not quiet:
        _tell(client, run, mail)
    return run, mail


async def _sample(client: Client) -> Any:
    """The sample as the server has it; loaded if absent, left alone if changed."""
    try:
        return await client.get("workflows", DEMO)
    except Refused as error:
        if error.status != 404:
            raise
    return (await save(client, read_yaml(read_sample(DEMO))))[1]


def _hook(workflow: Any) -> str:
    for trigger in workflow["triggers"]:
        if "url" in trigger:
            return str(trigger["url"])
    raise Conflict(f"the workflow {DEMO} has no webhook any more; delete it, and the demo loads it again")


async def _mail_of(client: Client, run: Any) -> Any:
    """The newest mail to the demo's lead that is no older than the run; None when its mails went out by SMTP."""
    sent = [
        node for node in run["nodes"].values() if isinstance(node["output"], dict) and "message_id" in node["output"]
    ]
    for _ in range(_MAIL_TRIES if sent else 0):
        for mail in (await client.page("mailbox", query={}, limit=_MAILS)).items:
            if DEMO_INPUT["email"] in mail["to"] and mail["at"] >= run["created_at"]:
                return mail
        await asyncio.sleep(_MAIL_PAUSE)
    return None


def _tell(client: Client, run: Any, mail: Any) -> None:
    say()
    say(ending(run))
    if run["output"] is not None:
        say(("output ", "dim"), compact(run["output"]))
    say()
    if mail is None:
        say("No mail is in the dev mailbox: none was written, or it went out by SMTP.")
    else:
        say(("Mail in the dev mailbox", "bold"))
        print_mail(mail, text=True)
    say()
    say(("console ", "dim"), f"{client.url}/app/runs/{run['id']}")
