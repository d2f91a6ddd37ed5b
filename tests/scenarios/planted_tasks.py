"""Tasks that give away what they were trusted with, in every way that a task has."""

import asyncio
import base64
import json
import logging
from typing import Any
from urllib.parse import quote

from holdfast import Context, FinalError, SyncContext, task

log = logging.getLogger("planted")


def shapes(value: str) -> dict[str, Any]:
    """The value as careless code writes it."""
    return {
        "plain": value,
        value: "as a key",
        "json": json.dumps({"key": value}),
        "url": f"https://somewhere.example/?key={quote(value)}",
        "basic": base64.b64encode(f"user:{value}".encode()).decode(),
        "hex": value.encode().hex(),
        "deep": [[{"a": value.upper()}]],
    }


@task(name="planted.tells")
async def tells(ctx: Context, name: str) -> dict[str, Any]:
    value = await ctx.secret(name)
    log.warning("the value is %s", value, extra={"value": value})
    ctx.log.info(f"the value is {value}", shaped=shapes(value))
    await ctx.progress({"value": value}, f"it is {value}")
    await ctx.step("kept", lambda: shapes(value))
    try:
        raise ValueError(f"wrong: {value}")
    except ValueError:
        log.exception("told of %s", value)
        ctx.log.exception("told")
    await asyncio.to_thread(log.error, "in a thread: %s", value)
    return shapes(value)


@task(name="planted.raises", max_attempts=1)
async def raises(ctx: Context, name: str) -> None:
    value = await ctx.secret(name)
    try:
        raise KeyError(value)
    except KeyError as error:
        raise FinalError("x" * 1_990 + value) from error


@task(name="planted.in_a_thread")
def in_a_thread(ctx: SyncContext, name: str) -> dict[str, Any]:
    value = ctx.secret(name)
    log.warning("the value is %s", value)
    ctx.progress(shapes(value))
    return shapes(value)


@task(name="planted.apart", process=True)
def apart(ctx: SyncContext, name: str) -> dict[str, Any]:
    value = ctx.secret(name)
    log.warning("the value is %s", value)
    ctx.progress(shapes(value))
    ctx.step("kept", lambda: shapes(value))
    return shapes(value)


@task(name="planted.apart_raises", process=True, max_attempts=1)
def apart_raises(ctx: SyncContext, name: str) -> None:
    raise FinalError(f"it is {ctx.secret(name)}")
