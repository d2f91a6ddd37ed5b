"""Ids: UUID version 7 as canonical text, ordered by the time they were made.

Made by the engine, not by the store, so that a commit whose answer was lost can be tried again with the same id.
"""

from holdfast.model.instant import MILLISECOND, Instant

_RANDOM_BITS = 74


def uuid7(now: Instant, random_bits: int) -> str:
    """The UUIDv7 for ``now`` with 74 bits from the caller: the high 12 order ids of one millisecond."""
    if not 0 <= random_bits < 1 << _RANDOM_BITS:
        raise ValueError("random_bits must be 74 bits")
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    value = ((now // MILLISECOND) & ((1 << 48) - 1)) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Whether ``text`` is a canonical UUID, the only form in which ids are accepted."""
    return (
        len(text) == 36
        and text[8] == text[13] == text[18] == text[23] == "-"
        and all(c in "0123456789abcdef-" for c in text)
        and text.count("-") == 4
    )
