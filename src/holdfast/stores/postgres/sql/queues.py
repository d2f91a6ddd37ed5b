"""Which queues a statement is about."""

from holdfast.model.job import ALL_QUEUES


def wanted(parameter: str) -> str:
    """A FROM item with the column ``name``: the queues of a text array, all there are where it holds ``*``."""
    given = f"{parameter}::text[]"
    return f"(SELECT unnest({given}) AS name UNION ALL SELECT name FROM queues WHERE '{ALL_QUEUES}' = ANY ({given}))"
