"""The packaged sample workflows, loaded where no workflow of their name exists.

Some call the mocked services of the server that loads them: their ``vars.api`` is its address. One that exists is left
as it is, unless nothing but that address differs, as after a start on another port: then it is saved anew.
"""

from typing import Final

from holdfast.definition_yaml import read_yaml
from holdfast.engine.engine import Engine
from holdfast.model.errors import Conflict
from holdfast.model.json import JSON, JSONObject
from holdfast.samples import at_address, read_sample, sample_names

# The tenant of the local user and the first of every instance.
TENANT: Final = "default"
_MOVED: Final = "follows the server's address"


async def load_samples(engine: Engine, address: str) -> list[str]:
    """Creates the missing samples; their names. ``address`` is where this server will answer."""
    loaded = []
    for name in sample_names():
        document = read_yaml(read_sample(name))
        try:
            await engine.workflows.create(TENANT, at_address(document, address))
        except Conflict:
            await _follow(engine, name, document, address)
            continue
        loaded.append(name)
    return loaded


async def _follow(engine: Engine, name: str, document: JSON, address: str) -> None:
    wanted = at_address(document, address)
    found: JSONObject = (await engine.store.get_workflow(TENANT, name)).definition
    if found != wanted and at_address(found, address) == wanted:
        await engine.workflows.save(TENANT, name, wanted, message=_MOVED)
