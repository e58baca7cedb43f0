"""Words and lines as YAML writes them: without quotes where they are not needed, folded where they are long.

Laws of this file: what is written reads back as the same text, and never as a number, a date, a flag or nothing.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

WIDTH = 120
"""A line that can be folded is not longer."""

_LOADERS = {getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader}
_SURELY_PLAIN = re.compile(
    r"(?!(?:true|false|null|yes|no|on|off|y|n)\Z)[A-Za-z][\w/@+-]*(?:[. ][\w/@+-]+)*", re.IGNORECASE
)
_TEXT = "tag:yaml.org,2002:str"


def scalar(text: str, *, is_flow: bool = False, is_key: bool = False) -> str:
    """Return a text as a YAML scalar, on one line.

    >>> scalar("a reason, in words"), scalar("yes"), scalar("Goal for g in plan.goals[]", is_flow=True)
    ('a reason, in words', '"yes"', '"Goal for g in plan.goals[]"')
    """
    return text if is_plain(text, is_flow=is_flow, is_key=is_key) else quoted(text)


def is_plain(text: str, *, is_flow: bool = False, is_key: bool = False) -> bool:
    """Say whether a text needs no quotes where it stands: it is read as it would be, and compared."""
    if _SURELY_PLAIN.fullmatch(text):
        return True
    if not text or "\n" in text or text != text.strip():
        return False
    written = f"{text}: x" if is_key else f"x: {text}"
    written = f"{{{written}}}" if is_flow else written
    return all(_reads(written, text, loader, is_key=is_key) for loader in _LOADERS)


def _reads(written: str, text: str, loader: Any, *, is_key: bool) -> bool:
    try:
        node = yaml.compose(written, Loader=loader)
    except yaml.YAMLError:
        return False
    if not isinstance(node, yaml.MappingNode) or len(node.value) != 1:
        return False
    found = node.value[0][0 if is_key else 1]
    return isinstance(found, yaml.ScalarNode) and (found.tag, found.value, found.style or "") == (_TEXT, text, "")


def quoted(text: str) -> str:
    """Return a text in quotes: double ones, or single ones where that saves escaping."""
    is_simple = text.isprintable()
    if is_simple and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65_536 else f"\\U{number:08x}"


def folded(head: str, text: str, indent: int) -> list[str]:
    """Return `head text` as lines that are not too long where the text has single blanks to break at.

    Args:
        text: a plain or quoted scalar on one line.
        indent: how deep the further lines stand.
    """
    first, *words = re.split(r"(?<=[^ ]) (?=[^ ])", text)
    lines = [f"{head} {first}"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append(" " * indent + word)
        else:
            lines[-1] += f" {word}"
    return lines
