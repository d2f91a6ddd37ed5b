"""A definition written as YAML that ``definition_yaml.read_yaml`` reads as the same document.

Short leaves stand on one line, text of several lines as a block. What YAML 1.2 would take for a number, a boolean or
null is quoted: PyYAML's own rules are those of 1.1, which know fewer of them.
"""

import re
from typing import Any, Final

import yaml

_WIDTH: Final = 110
# Wider than the rules of reading: quotes too many do no harm.
_LOOKS_TYPED: Final = re.compile(r"~|null|true|false|[-+.0-9].*", re.IGNORECASE | re.DOTALL)


class _Dumper(yaml.SafeDumper):
    """No aliases, lists indented, texts by the rules above."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=_style(value))


def _style(value: str) -> str | None:
    """In quotes, as a block, or (None) as the emitter likes it."""
    if _is_block(value):
        return "|"
    # What isn't seen is escaped, which only double quotes can do.
    return '"' if _LOOKS_TYPED.fullmatch(value) or not value.isprintable() else None


def _is_block(value: str) -> bool:
    """Several lines that a block keeps as they are."""
    lines = value.split("\n")
    return len(lines) > 1 and value[0] not in " \n" and all(line.isprintable() for line in lines)


_Dumper.add_representer(str, _text)


def write_yaml(document: dict[str, Any]) -> str:
    """The YAML text of a document."""
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None
    )
