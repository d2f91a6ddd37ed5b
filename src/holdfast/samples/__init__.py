"""The sample workflows, as YAML beside this file: each runs offline and shows one thing that workflows are for.

They are what ``holdfast up --samples`` loads and ``holdfast demo`` fires; a test reads and runs every one.
"""

from importlib.resources import files
from typing import Final

from holdfast.model.json import JSON, JSONObject

# The sample that the demo fires, and the webhook body it fires it with.
DEMO: Final = "lead-followup"
DEMO_INPUT: Final[JSONObject] = {
    "email": "ada@analytical.example",
    "name": "Ada Lovelace",
    "company": "Analytical Engines",
    "employees": 120,
}

_SUFFIX: Final = ".yaml"


def sample_names() -> tuple[str, ...]:
    """The names of the samples, which are their workflows' names, in alphabetical order."""
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)))


def read_sample(name: str) -> str:
    """The YAML text of a sample. Raises ``KeyError`` for a name that isn't one."""
    if name not in sample_names():
        raise KeyError(name)
    return (files(__name__) / f"{name}{_SUFFIX}").read_text("utf-8")


def at_address(document: JSON, address: str) -> JSON:
    """The sample as it is for the server at ``address``, if it calls services: their address is its ``vars.api``."""
    given = document.get("vars") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(given, dict) or "api" not in given:
        return document
    return {**document, "vars": {**given, "api": address}}
