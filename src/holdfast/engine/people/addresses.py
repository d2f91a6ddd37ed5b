"""E-mail addresses as people are known by. Kept in lower case: nobody is two people by a capital letter."""

import re
from typing import Final

from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import problems_of

LONGEST: Final = 254
LONGEST_NAME: Final = 100
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x20\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x20\x7f]{1,253}")
RULE: Final = "must be an e-mail address such as ada@example.com"


def address_of(text: str) -> str:
    """The address in the form that it is kept in. Raises ``Invalid``."""
    address = text.strip().lower()
    if len(address) > LONGEST or _ADDRESS.fullmatch(address) is None or problems_of(address) or ".." in address:
        raise Invalid([Problem("email", RULE)], "The address is not valid")
    return address


def name_of(text: str) -> str:
    """A person's or service account's name as it is kept. Raises ``Invalid``."""
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or problems_of(name):
        rule = f"must be 1 to {LONGEST_NAME} printable characters"
        raise Invalid([Problem("name", rule)], "The name is not valid")
    return name
