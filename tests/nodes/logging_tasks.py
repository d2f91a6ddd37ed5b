"""Tasks that log, for ``test_process_logs``; they run in processes of their own."""

import logging

import structlog

import holdfast


@holdfast.task(process=True)
def plain(lines: int) -> None:
    logger = logging.getLogger("app")
    for number in range(lines):
        logger.warning("line %d", number, extra={"number": number})


@holdfast.task(process=True)
async def with_structlog(ctx: holdfast.Context) -> None:
    ctx.log.info("here", place="child")
    structlog.get_logger().warning("and here")
    try:
        raise LookupError("gone")
    except LookupError:
        ctx.log.exception("odd")
