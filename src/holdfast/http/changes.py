"""What the audit log says of a change: of each field that differs, how it was and how it is. Pure.

Given are shapes of the API, which hold no secret. A long value is left out: the log says that it changed.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from holdfast.model.json import JSON, JSONObject

_LONGEST: Final = 1000
_LONG: Final = "(long)"


def changed(before: Mapping[str, Any] | None, after: Mapping[str, Any], fields: Collection[str]) -> JSONObject:
    """Of those of the fields that differ; ``before`` None: it is new, and has each field that isn't empty."""
    if before is None:
        return {field: brief(after[field]) for field in fields if after[field] not in (None, "", [], {})}
    return {
        field: {"before": brief(before[field]), "after": brief(after[field])}
        for field in fields
        if before[field] != after[field]
    }


def brief(value: JSON) -> JSON:
    return value if len(msgspec.json.encode(value)) <= _LONGEST else _LONG


def origin_of(url: str) -> str:
    """An address without its path and query, which may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
