"""Where an expression in a text ends: the quick look for plain ones and the reading of all tokens agree."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.expression import ExpressionError, template

PIECES = st.lists(st.sampled_from(["{{", "}}", "{", "}", "a", "1", " + ", "'", '"', "//", "/", "\n", "`", "é", "."]))
NEVER = re.compile(r"(?!)")


def parts_of(text: str) -> list[tuple[str, int]] | None:
    """The parts, or None when the text is no template."""
    try:
        parts = template.parse_template(text).parts
    except ExpressionError:
        return None
    return [(part, -1) if isinstance(part, str) else (part[0].source, part[1]) for part in parts]


@given(PIECES.map("".join))
def test_both_ways_find_the_same_ends(text: str) -> None:
    quick = parts_of(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template, "_PLAIN", NEVER)
        assert parts_of(text) == quick
