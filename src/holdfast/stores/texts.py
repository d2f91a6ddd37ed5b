"""Text that every store can hold. What comes from outside and is kept for the record must never be what a write fails
on, so what no database takes is replaced; a lookup replaces it too, and finds what was kept.
"""

REPLACED = "\ufffd"


def storable(text: str) -> str:
    """Without NUL and halves of characters."""
    if text.isascii():
        return text.replace("\0", REPLACED) if "\0" in text else text
    return text.replace("\0", REPLACED).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
