"""The packaged sample workflows, loaded where no workflow of their name exists; one that exists is left as it is."""

from typing import Final

from holdfast.definition_yaml import read_yaml
from holdfast.engine.engine import Engine
from holdfast.model.errors import Conflict
from holdfast.samples import read_sample, sample_names

# The tenant of the local user and the first of every instance.
TENANT: Final = "default"


async def load_samples(engine: Engine) -> list[str]:
    """Creates the missing samples; their names."""
    loaded = []
    for name in sample_names():
        try:
            await engine.workflows.create(TENANT, read_yaml(read_sample(name)))
        except Conflict:
            continue
        loaded.append(name)
    return loaded
