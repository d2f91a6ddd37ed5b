"""The expression language: CEL syntax and semantics over JSON data, in bounded time and memory.

`parse` reads an expression, `parse_template` a text with `{{ … }}` in it, `compile_value` JSON data
whose texts may be templates. What they give is immutable, shared freely between threads, and
evaluated over a scope of JSON data that is never changed. There is no host object, no attribute
access and no I/O; source, depth, steps and the size of made values are bounded (see `budget`). The
only errors are `ExpressionError` and, for `compile_value`, `ExpressionErrors`.

Not offered: messages, optional values. Patterns of `matches` are a part of RE2's, searched in linear
time.
"""

from .budget import MAX_BYTES, MAX_DEPTH, MAX_SOURCE, MAX_STEPS, Budget
from .compiled_value import CompiledValue, compile_value
from .errors import ExpressionError, ExpressionErrors
from .expression import Expression, parse
from .template import Template, parse_template

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_SOURCE",
    "MAX_STEPS",
    "Budget",
    "CompiledValue",
    "Expression",
    "ExpressionError",
    "ExpressionErrors",
    "Template",
    "compile_value",
    "parse",
    "parse_template",
]
