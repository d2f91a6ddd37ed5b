"""``data`` of an event as both stores keep it: the JSON object itself, or ``[data, attributes]`` for the few events
whose sender said something of them beside their data.

The second is no object, so neither can be taken for the other, and a query that looks into ``data`` for the engine's
own keys finds none there.
"""

from holdfast.model.json import JSONObject
from holdfast.stores.codec import decode, encode


def encode_data(data: JSONObject, attributes: JSONObject | None) -> str:
    return encode(data) if attributes is None else encode([data, attributes])


def decode_data(text: str) -> tuple[JSONObject, JSONObject | None]:
    """The data, and the attributes if there are any."""
    value = decode(text)
    data, attributes = value if isinstance(value, list) else (value, None)
    return data if isinstance(data, dict) else {}, attributes if isinstance(attributes, dict) else None
