"""A relay process, from its engine to a graceful end."""

from holdfast.cli.announcing import field, shown_database, shown_redis
from holdfast.cli.screen import say
from holdfast.cli.serve import Plan, stopped
from holdfast.compose import build, is_postgres
from holdfast.model.errors import Invalid, Problem
from holdfast.settings import Settings
from holdfast.system import spare_the_collector
from holdfast.version import __version__


def refuse_without_streams(settings: Settings) -> None:
    """Raises ``Invalid`` when there is nothing to relay from or to."""
    problems = []
    if not is_postgres(settings):
        rule = "must be a PostgreSQL database: one host's SQLite file is claimed from directly"
        problems.append(Problem("HOLDFAST_DATABASE_URL", rule))
    if settings.redis_url is None:
        problems.append(Problem("HOLDFAST_REDIS_URL", "must be set: a relay offers work over Redis or Valkey"))
    if problems:
        raise Invalid(problems, "A relay has nothing to do here")


async def relay(plan: Plan, settings: Settings) -> None:
    stop = stopped()
    engine = await build(settings, role=plan.role)
    spare_the_collector()
    await engine.start()
    try:
        say(("Holdfast ", "bold"), __version__)
        field("database", shown_database(settings))
        field("redis", shown_redis(settings))
        say("relay ready")
        await stop.wait()
    finally:
        await engine.stop()
