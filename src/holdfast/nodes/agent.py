"""``agent``: a language model that may use tools, asked for a text or for an object of a given form.

The output is ``{output, usage}``. Models are reached through the process's guarded client session, tools too. Without
the extra ``ai`` the kind is known, so that definitions validate, and its attempts fail with the way to install it.
"""

import asyncio
import importlib
from types import ModuleType
from typing import Final

from holdfast.model.instant import SECOND
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Outcome
from holdfast.nodes.agent_params import SPEC
from holdfast.nodes.agent_tools import AgentReach, read_tools
from holdfast.nodes.connection import NAME, with_llm
from holdfast.nodes.http_request import HttpRequest
from holdfast.nodes.http_session import Sessions
from holdfast.nodes.node import as_text, duration_of, failed, wrong_params
from holdfast.ports import NodeContext

INSTALL: Final = "agent needs its libraries: pip install 'holdfast[ai]'"
_RUN: Final = "holdfast.nodes.agent_run"
_LIBRARIES: Final = frozenset(("pydantic_ai", "openai", "anthropic", "httpx2", "fastmcp", "mcp"))


class AiAgent:
    """Without a ``reach`` definitions can be checked, and no agent runs."""

    spec = SPEC

    def __init__(self, sessions: Sessions, reach: AgentReach | None = None) -> None:
        self._sessions = sessions
        self._reach = reach
        self._http = HttpRequest(sessions)

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        if self._reach is None:
            return failed("unavailable", "no agent can be run from here", final=True)
        schemas, schema = self._reach.schemas, params.get("output_schema")
        try:
            limit = duration_of(params, "timeout") if "timeout" in params else None
            if NAME in params:
                params = with_llm(await context.connection(as_text(params[NAME]), "llm"), params)
            tools = await read_tools(context, params, self._reach, self._http)
        except ValueError as error:
            return wrong_params(str(error))
        if schema is not None and (problems := schemas.check_is_schema(schema)):
            return wrong_params(f"output_schema isn't a usable schema: {problems[0][1]}")
        library = await _library()
        if library is None:
            return failed("not_installed", INSTALL, final=True)
        try:
            async with asyncio.timeout(None if limit is None else limit / SECOND) as bound:
                outcome: Outcome = await library.run_agent(
                    library.Attempt(context, params, tools, schemas, self._sessions)
                )
                return outcome
        except TimeoutError:
            if not bound.expired():
                raise
            return failed("timeout", "the agent wasn't done in time")


async def _library() -> ModuleType | None:
    """In a thread: the first import takes longer than anything else in the process may wait."""
    try:
        return await asyncio.to_thread(importlib.import_module, _RUN)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _LIBRARIES:
            raise
        return None
    except ImportError as error:
        # A library of which a part is missing says so in its own words.
        if not isinstance(error.__cause__, ModuleNotFoundError):
            raise
        return None
