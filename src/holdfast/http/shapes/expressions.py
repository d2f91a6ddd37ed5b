"""What came of trying an expression, and the functions that there are, as JSON."""

from typing import Literal

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.model.expression import ExpressionError
from holdfast.model.expression.trial import Tried, spot_of
from holdfast.model.expression.vocabulary import Word


class FunctionShape(TypedDict):
    """A way to call a function. `method`: it is written behind its first argument and a dot."""

    name: str
    signature: str
    description: str
    method: bool


class VocabularyShape(TypedDict):
    """Every function and macro of the expression language."""

    functions: list[FunctionShape]


class PositionShape(TypedDict):
    """A place in the source, in characters (code points): `offset` up to `end`; `line` and `column` count from 1."""

    offset: int
    end: int
    line: int
    column: int


class EvaluatedShape(TypedDict):
    """The value as JSON. `type` is its type in the language, such as `int`, `string`, `list`, `map` or `timestamp`."""

    ok: Literal[True]
    value: JsonValue
    type: str


class NotEvaluatedShape(TypedDict):
    """Why there is no value; `hint` says what would help."""

    ok: Literal[False]
    message: str
    hint: str | None
    position: PositionShape | None


def function_shape(word: Word) -> FunctionShape:
    return {
        "name": word.name,
        "signature": word.signature,
        "description": word.description,
        "method": word.method,
    }


def evaluated_shape(tried: Tried) -> dict[str, object]:
    return {"ok": True, "value": tried.value, "type": tried.type}


def not_evaluated_shape(error: ExpressionError) -> NotEvaluatedShape:
    spot = spot_of(error)
    position: PositionShape = {"offset": spot.offset, "end": spot.end, "line": spot.line, "column": spot.column}
    return {"ok": False, "message": error.message, "hint": error.hint, "position": position}
