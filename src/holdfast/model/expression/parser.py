"""Tokens to a tree, by precedence climbing.

It never recurses deeper than `MAX_DEPTH` brackets, and every node is checked against the same
bound by height, so neither parsing nor what is made from the tree can exhaust the stack. Calls of
`has` and of the macros become their own nodes here. Failure is a `syntax` or `limit` fault.
"""

from __future__ import annotations

from typing import Final, cast

from .budget import MAX_DEPTH
from .errors import Fault
from .lexer import Token, tokens
from .tree import (
    Call,
    Chain,
    Comprehension,
    Conditional,
    Index,
    ListLiteral,
    Literal,
    Logic,
    MapLiteral,
    Name,
    Node,
    Select,
    Unary,
)
from .values import INT_MAX

_RANKS: Final = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
_CONSTANTS: Final[dict[str, object]] = {"true": True, "false": False, "null": None}
_MACROS: Final = {
    "all": (2,),
    "exists": (2,),
    "exists_one": (2,),
    "existsOne": (2,),
    "filter": (2,),
    "map": (2, 3),
}
_RESERVED: Final = frozenset(
    (
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "in"),
        *("let", "loop", "package", "namespace", "return", "var", "void", "while"),
    )
)
_WORDS: Final = {
    "and": "use && for and",
    "or": "use || for or",
    "not": "use ! for not",
    "is": "use == for is",
    "if": "write condition ? value : otherwise",
    "else": "write condition ? value : otherwise",
    "for": "use .map(x, …) or .filter(x, …)",
}


_OPTIONAL: Final = "optional access is not offered; use has(a.b) ? a.b : other"


def parse_tree(source: str) -> Node:
    """The tree of a whole source text."""
    return _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self._tokens = tokens(source)
        self._level = 0
        self._previous = Token("end", "", 0)
        self._token = next(self._tokens)

    def whole(self) -> Node:
        if self._token.kind == "end":
            raise Fault("syntax", "the expression is empty", position=0)
        node = self._expression()
        if self._token.kind != "end":
            raise self._unexpected()
        return node

    # -- tokens

    def _advance(self) -> Token:
        self._previous, self._token = self._token, next(self._tokens)
        return self._previous

    def _take(self, text: str) -> bool:
        if self._token.kind == "op" and self._token.text == text:
            self._advance()
            return True
        return False

    def _expect(self, text: str) -> Token:
        if not self._take(text):
            raise self._unexpected(f"expected '{text}'")
        return self._previous

    def _unexpected(self, expected: str = "") -> Fault:
        token = self._token
        what = "the expression ends too early" if token.kind == "end" else "unexpected "
        if token.kind == "op":
            what += f"'{token.text}'"
        elif token.kind in ("name", "quoted"):
            what += f"name '{token.text}'"
        elif token.kind != "end":
            what += token.kind
        message = f"{what}, {expected}" if expected else what
        return Fault("syntax", message, hint=self._hint(), position=token.position)

    def _hint(self) -> str | None:
        token, previous = self._token, self._previous
        for word in (token, previous):
            if word.kind == "name" and word.text in _WORDS:
                return _WORDS[word.text]
        if token.text == "{":
            return "messages are not offered; a map is written {'key': value}"
        if token.text == "?" and previous.text in (".", "["):
            return _OPTIONAL
        if token.kind == previous.kind == "name":
            return "texts need quotes"
        return None

    # -- ranks

    def _expression(self) -> Node:
        node = self._binary(1)
        if not (self._token.kind == "op" and self._token.text == "?"):
            return node
        position = self._token.position
        cases: list[tuple[Node, Node]] = []
        while self._take("?"):
            value = self._conditional_value()
            cases.append((node, value))
            node = self._binary(1)
        height = _above(position, node, *(part for case in cases for part in case))
        return Conditional(position, height, tuple(cases), node)

    def _conditional_value(self) -> Node:
        question, after = self._previous, self._token
        value = self._binary(1)
        # `a?.b` of other languages reads as a condition here, and lacks its second half.
        optional = after.text == "." and after.position == question.position + 1
        if optional and self._token.text != ":":
            message = "unexpected '?.'"
            raise Fault("syntax", message, hint=_OPTIONAL, position=question.position)
        self._expect(":")
        return value

    def _nested(self) -> Node:
        """An expression inside brackets."""
        self._level += 1
        if self._level > MAX_DEPTH:
            raise _too_deep(self._token.position)
        node = self._expression()
        self._level -= 1
        return node

    def _rank(self) -> int:
        token = self._token
        if token.kind == "op" or token.text == "in":
            return _RANKS.get(token.text, 0)
        return 0

    def _binary(self, floor: int) -> Node:
        node = self._unary()
        while (rank := self._rank()) >= floor:
            rest: list[tuple[str, int, Node]] = []
            while self._rank() == rank:
                op = self._advance()
                rest.append((op.text, op.position, self._binary(rank + 1)))
            node = _joined(rank, node, rest)
        return node

    def _unary(self) -> Node:
        token = self._token
        if token.kind != "op" or token.text not in ("!", "-"):
            return self._member()
        count = 0
        while self._take(token.text):
            count += 1
        if token.text == "-" and self._token.kind in ("int", "double"):
            return self._negative(token, count)
        operand = self._member()
        return Unary(token.position, _above(token.position, operand), token.text, count, operand)

    def _negative(self, minus: Token, count: int) -> Node:
        """A minus directly before a number belongs to it: only so can the smallest int be said."""
        literal = self._token
        self._advance()
        value = -cast(float, literal.value)
        node = self._members(Literal(literal.position, 1, value))
        if count == 1:
            return node
        return Unary(minus.position, _above(minus.position, node), "-", count - 1, node)

    # -- members

    def _member(self) -> Node:
        return self._members(self._primary())

    def _members(self, node: Node) -> Node:
        while self._token.kind == "op":
            if self._take("."):
                node = self._after_dot(node)
            elif self._take("["):
                position = self._previous.position
                key = self._nested()
                self._expect("]")
                node = Index(position, _above(position, node, key), node, key)
            else:
                break
        return node

    def _after_dot(self, node: Node) -> Node:
        field = self._token
        if field.kind not in ("name", "quoted"):
            raise self._unexpected("expected a field name")
        self._advance()
        if field.kind == "name" and self._take("("):
            return self._called(node, field)
        return Select(field.position, _above(field.position, node), node, field.text, False)

    def _called(self, target: Node | None, name: Token) -> Node:
        args = self._list(")")
        if target is None and name.text == "has":
            return _has(name, args)
        if target is not None and name.text in _MACROS:
            return _macro(target, name, args)
        below = args if target is None else (target, *args)
        return Call(name.position, _above(name.position, *below), target, name.text, args)

    def _list(self, end: str) -> tuple[Node, ...]:
        """Nodes up to the closing bracket; a comma may follow the last one of a literal."""
        items: list[Node] = []
        while not self._take(end):
            if items:
                self._expect(",")
                if end == "]" and self._take(end):
                    break
            items.append(self._nested())
        return tuple(items)

    def _primary(self) -> Node:
        token = self._token
        if token.kind in ("int", "uint", "double", "string", "bytes"):
            return self._literal()
        if token.kind == "name":
            return self._name()
        if self._take("("):
            node = self._nested()
            self._expect(")")
            return node
        if self._take("["):
            items = self._list("]")
            return ListLiteral(token.position, _above(token.position, *items), items)
        if self._take("{"):
            return self._map(token)
        if self._take("."):
            return self._absolute()
        raise self._unexpected()

    def _literal(self) -> Node:
        token = self._advance()
        if token.kind == "int" and isinstance(token.value, int) and token.value > INT_MAX:
            raise Fault("overflow", "the number doesn't fit 64 bits", position=token.position)
        return Literal(token.position, 1, token.value)

    def _name(self, absolute: bool = False) -> Node:
        token = self._token
        if token.text in _CONSTANTS and not absolute:
            self._advance()
            return Literal(token.position, 1, _CONSTANTS[token.text])
        if token.text in _RESERVED:
            hint = _WORDS.get(token.text)
            message = f"'{token.text}' is a reserved word"
            raise Fault("syntax", message, hint=hint, position=token.position)
        self._advance()
        if self._take("("):
            return self._called(None, token)
        return Name(token.position, 1, token.text, absolute)

    def _absolute(self) -> Node:
        if self._token.kind != "name":
            raise self._unexpected("expected a name")
        return self._name(absolute=True)

    def _map(self, brace: Token) -> Node:
        if self._token.text == "{" and self._token.position == brace.position + 1:
            hint = "this is an expression already, leave out the braces"
            raise Fault("syntax", "unexpected '{{'", hint=hint, position=brace.position)
        entries: list[tuple[Node, Node]] = []
        while not self._take("}"):
            if entries:
                self._expect(",")
                if self._take("}"):
                    break
            key = self._nested()
            self._expect(":")
            entries.append((key, self._nested()))
        height = _above(brace.position, *(part for entry in entries for part in entry))
        return MapLiteral(brace.position, height, tuple(entries))


def _above(position: int, *below: Node) -> int:
    height = 1 + max((node.height for node in below), default=0)
    if height > MAX_DEPTH:
        raise _too_deep(position)
    return height


def _too_deep(position: int) -> Fault:
    message = f"the expression is nested deeper than {MAX_DEPTH} levels"
    return Fault("limit", message, position=position)


def _joined(rank: int, first: Node, rest: list[tuple[str, int, Node]]) -> Node:
    operands = tuple(node for _, _, node in rest)
    position = rest[0][1]
    height = _above(position, first, *operands)
    if rank <= 2:
        return Logic(position, height, rest[0][0], (first, *operands))
    return Chain(position, height, first, tuple(rest))


def _has(name: Token, args: tuple[Node, ...]) -> Node:
    if len(args) != 1 or not isinstance(args[0], Select) or args[0].test:
        message = "has() takes one field, as in has(a.b)"
        raise Fault("syntax", message, position=name.position)
    field = args[0]
    return Select(field.position, field.height, field.operand, field.field, True)


def _macro(target: Node, name: Token, args: tuple[Node, ...]) -> Node:
    kind, position = name.text, name.position
    if len(args) not in _MACROS[kind]:
        message = f"{kind}() takes a variable and an expression"
        raise Fault("syntax", message, hint=f"write .{kind}(x, …)", position=position)
    variable = args[0]
    if not isinstance(variable, Name) or variable.absolute:
        message = f"the first argument of {kind}() must be a simple name"
        hint = f"write .{kind}(x, …)"
        raise Fault("syntax", message, hint=hint, position=variable.position)
    height = _above(position, target, *args)
    transform = args[-1] if kind == "map" else None
    condition = None if kind == "map" and len(args) == 2 else args[1]
    kind = "exists_one" if kind == "existsOne" else kind
    return Comprehension(position, height, kind, target, variable.name, condition, transform)
