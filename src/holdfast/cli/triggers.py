"""``holdfast triggers``: list, show, pause, resume, renew."""

from typing import Annotated, Any

import typer

from holdfast.cli.client import call
from holdfast.cli.options import DEFAULT_URL, Json, Url, example, new_group
from holdfast.cli.screen import print_json, print_table, say
from holdfast.cli.trigger_words import Ref, named, next_words, print_trigger, row_of, state_words, trigger_words

app = new_group("List, show, pause, resume or renew what starts workflows and rules.", "holdfast triggers list welcome")


@app.command("list", epilog=example("holdfast triggers list welcome"))
def list_triggers(
    workflow: Annotated[str, typer.Argument(metavar="WORKFLOW", help="The workflow's name or id.")],
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """List a workflow's triggers with their addresses and next times. All clocks: `holdfast schedules`."""
    items = call(url, lambda client: client.whole("workflows", workflow, "triggers"))
    if as_json:
        print_json(items)
        return
    rows = ((each["id"], trigger_words(each["definition"]), state_words(each), _where(each)) for each in items)
    print_table(("trigger", "what", "state", "address or next time"), rows, "It is started by hand only.")


@app.command(epilog=example("holdfast triggers show welcome/signup", "holdfast triggers show nightly-bills --json"))
def show(trigger: Ref, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show a trigger."""
    found = call(url, lambda client: _get(client, trigger))
    if as_json:
        print_json(found)
    else:
        print_trigger(found)


@app.command(epilog=example("holdfast triggers pause welcome/signup"))
def pause(trigger: Ref, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Pause a trigger: it starts nothing, and what comes meanwhile isn't made up for."""
    change(trigger, "pause", url, as_json=as_json)


@app.command(epilog=example("holdfast triggers resume welcome/signup"))
def resume(trigger: Ref, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Let a paused trigger act again."""
    change(trigger, "resume", url, as_json=as_json)


@app.command(epilog=example("holdfast triggers renew welcome/signup"))
def renew(trigger: Ref, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Give a webhook a new address. The old one answers nothing from now on."""
    change(trigger, "renew", url, as_json=as_json)


def change(trigger: str, what: str, url: str, *, as_json: bool, at: str = "triggers") -> None:
    """Pauses, resumes or renews a trigger, and shows it."""
    found = call(url, lambda client: _changed(client, trigger, at, what))
    if as_json:
        print_json(found)
        return
    told = found["url"] if what == "renew" else f"is {state_words(found)}"
    say((named(found), "bold"), " ", told)


async def _get(client: Any, trigger: str) -> Any:
    return await client.get("triggers", await row_of(client, trigger))


async def _changed(client: Any, trigger: str, at: str, what: str) -> Any:
    return await client.post(at, await row_of(client, trigger), what)


def _where(trigger: Any) -> str:
    if "url" in trigger:
        return f"{trigger['url']}{'' if trigger['signed'] else ' (unsigned)'}"
    return next_words(trigger)
