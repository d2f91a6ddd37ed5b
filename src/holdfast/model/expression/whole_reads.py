"""Whether a text's expressions use secrets as a whole only.

An expression gets a mark in the place of a secret's value. A mark may be put into texts, lists and maps and chosen by a
condition; what a function, a comparison or an index made of it would be something of the mark's and not of the value's.
"""

from typing import Final

from .parser import parse_tree
from .template import parse_template
from .tree import Chain, Conditional, Index, ListLiteral, Literal, MapLiteral, Name, Node, Select

_SECRETS: Final = "secrets"


def takes_apart(text: str) -> bool:
    """Whether an expression of this text, which has no errors, does more with a secret than to place it."""
    return any(not _is_whole(parse_tree(expression.source)) for expression in parse_template(text).expressions)


def _is_whole(node: Node) -> bool:
    match node:
        case Select(operand=Name(name="secrets"), test=False) | Index(operand=Name(name="secrets"), key=Literal()):
            return True
        case Chain(first=first, rest=rest) if all(sign == "+" for sign, _, _ in rest):
            return _is_whole(first) and all(_is_whole(operand) for _, _, operand in rest)
        case Conditional(cases=cases, otherwise=otherwise):
            return _is_whole(otherwise) and all(not _reads(test) and _is_whole(value) for test, value in cases)
        case ListLiteral(items=items):
            return all(map(_is_whole, items))
        case MapLiteral(entries=entries):
            return all(not _reads(key) and _is_whole(value) for key, value in entries)
        case _:
            return not _reads(node)


def _reads(node: object) -> bool:
    """Whether a secret is read anywhere in it."""
    match node:
        case Name(name=name):
            return name == _SECRETS
        case Literal():
            return False
        case tuple():
            return any(map(_reads, node))
    fields = getattr(type(node), "__dataclass_fields__", ())
    return any(_reads(getattr(node, field)) for field in fields)
