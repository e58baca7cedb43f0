"""New values written into the `expect:` of tests in a map's text; every other byte stays.

Laws of this file: only a single value is written over; the text is read as YAML again before it is given back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import yaml

from fhirbridge.mapping.text.yaml_text import compose

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*")
_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
Change = tuple[int, str]
"""(line where the value begins, from 1; its path below the test): what a difference and a node have in common."""


def with_values(text: str, file: str, changes: Mapping[Change, Any]) -> tuple[str, frozenset[Change]]:
    """Return a map's text with other values in its tests, and which of the changes were made.

    What is no single value, on either side, is left as it stands.

    Raises:
        MapError: the text is no YAML, before or after.
    """
    spans = []
    for key, node in _nodes(compose(text, file)):
        if key in changes and isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">"):
            written = _written(changes[key])
            if written is not None:
                spans.append((node.start_mark.index, node.end_mark.index, written, key))
    for start, end, written, _ in sorted(spans, reverse=True):
        text = text[:start] + written + text[end:]
    compose(text, file)
    return text, frozenset(key for _, _, _, key in spans)


def _nodes(root: yaml.MappingNode) -> Iterator[tuple[Change, yaml.Node]]:
    """Yield each value below `expect:` of each test, by its line and its path."""
    for key, tests in root.value:
        if key.value != "tests" or not isinstance(tests, yaml.SequenceNode):
            continue
        for case in tests.value:
            for name, node in case.value if isinstance(case, yaml.MappingNode) else ():
                if name.value == "expect":
                    yield from _below(node, "expect")


def _below(node: yaml.Node, at: str) -> Iterator[tuple[Change, yaml.Node]]:
    yield (node.start_mark.line + 1, at), node
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield from _below(child, f"{at}.{key.value}")
    elif isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield from _below(child, f"{at}[{position}]")


def _written(value: Any) -> str | None:
    """Return a single value as YAML, or None for what is none.

    >>> _written("needs help"), _written("yes"), _written(3), _written({})
    ('needs help', '"yes"', '3', None)
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if not isinstance(value, str):
        return None
    is_plain = _PLAIN.fullmatch(value) and value.casefold() not in _NOT_TEXT
    return value if is_plain else json.dumps(value, ensure_ascii=False)
