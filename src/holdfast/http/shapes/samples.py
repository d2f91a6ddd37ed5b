"""A sample workflow as JSON."""

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.model.json import JSONObject


class SampleShape(TypedDict):
    """A packaged workflow. `definition` can be saved as it is; if it calls services, they are this server's mocks."""

    name: str
    title: str
    description: str
    tags: list[str]
    definition: dict[str, JsonValue]


class SamplesShape(TypedDict):
    """All of them, by name; `next` is always null."""

    items: list[SampleShape]
    next: str | None


def sample_shape(definition: JSONObject) -> SampleShape:
    tags = definition.get("tags")
    return {
        "name": str(definition["name"]),
        "title": str(definition.get("title", "")),
        "description": str(definition.get("description", "")),
        "tags": [str(tag) for tag in tags] if isinstance(tags, list) else [],
        "definition": definition,
    }
