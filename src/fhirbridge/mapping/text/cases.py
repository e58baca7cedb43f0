"""`tests:` as written: each entry as plain values, with the place of every value in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from fhirbridge.mapping.model import CaseText, Place
from fhirbridge.mapping.text.nodes import Reader

_MAX_CASES = 500
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")


def cases_of(reader: Reader, node: yaml.Node | None) -> tuple[CaseText, ...]:
    """Return the tests of a map; what is no list of `name: value` groups is reported."""
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode) or len(node.value) > _MAX_CASES:
        hint = "write one `- name: ...` a test"
        reader.report("FB103", node, f"`tests:` must be a list of at most {_MAX_CASES}", hint)
        return ()
    cases = (_case(reader, entry, number) for number, entry in enumerate(node.value, 1))
    return tuple(case for case in cases if case)


def _case(reader: Reader, node: yaml.Node, number: int) -> CaseText | None:
    if not isinstance(node, yaml.MappingNode):
        reader.report("FB103", node, "a test is a group of `name: value` lines", "write: - name: two goals")
        return None
    tree = _plain(node)
    places = dict(_places(reader, node, ""))
    return CaseText(str(tree.get("name", f"test {number}")), tree, places, reader.place(node))


def _plain(node: yaml.Node) -> Any:
    """Return a node as JSON has it: no dates, no tags, whatever YAML would make of the text."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return _scalar(node)


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if node.tag.endswith(":null"):
        return None
    if node.tag.endswith(":bool"):
        return text.lower() in ("true", "yes", "on")
    if node.tag.endswith(":int") and _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if node.tag.endswith(":float") and _DECIMAL.fullmatch(text) else text


def _places(reader: Reader, node: yaml.Node, at: str) -> Iterator[tuple[str, Place]]:
    """Yield the path and place of each value below a node."""
    yield at, reader.place(node)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value)
            yield from _places(reader, value, f"{at}.{name}" if at else name)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _places(reader, item, f"{at}[{position}]")
