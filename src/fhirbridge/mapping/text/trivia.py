"""What YAML nodes do not hold: comments, empty lines, and which lines of a text each scalar takes up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from fhirbridge.mapping.text.yaml_text import split_lines

_HEADER = re.compile(r"[|>][+-]?[1-9]?[+-]?")
_BLOCK_STYLES = ("|", ">")


@dataclass(slots=True)
class Trivia:
    """The comments of a text. What is taken once is not given again; `at` is the line that is read next."""

    lines: list[str]
    own: dict[int, str] = field(default_factory=dict)
    trailing: dict[int, str] = field(default_factory=dict)
    at: int = 0

    @classmethod
    def of(cls, text: str, root: yaml.Node) -> Trivia:
        """Return the comments of a text that was composed to `root`."""
        lines = split_lines(text)
        taken: dict[int, list[tuple[int, int]]] = {}
        for node in scalars_of(root):
            for number, start, end in _spans(node, lines):
                taken.setdefault(number, []).append((start, end))
        found = cls(lines)
        for number, line in enumerate(lines):
            at = _find_comment(line, taken.get(number, []))
            if at is not None:
                place = found.trailing if line[:at].strip() else found.own
                place[number] = line[at:].rstrip()
        return found

    def lead(self, until: int) -> list[str]:
        """Return the comments and single empty lines before a line, and go there."""
        found: list[str] = []
        for number in range(self.at, until):
            if number in self.own:
                found.append(self.own[number])
            elif not self.lines[number].strip() and (not found or found[-1]):
                found.append("")
        self.at = max(self.at, until)
        return found

    def tail(self, deeper_than: int) -> list[str]:
        """Return the comments that follow and stand deeper than a column, and go behind them."""
        last = number = self.at
        while number < len(self.lines) and (number in self.own or not self.lines[number].strip()):
            if number in self.own and _indent(self.lines[number]) <= deeper_than:
                break
            last = number + 1 if number in self.own else last
            number += 1
        return self.lead(last)

    def trail(self, first: int, last: int) -> str:
        """Return what stands behind the lines from first to last, and go behind the last."""
        self.at = max(self.at, last + 1)
        found = (self.trailing.pop(number) for number in range(first, last + 1) if number in self.trailing)
        return "  ".join(found)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def scalars_of(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Yield every scalar below a node, keys too, in the order of the text."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from scalars_of(key)
            yield from scalars_of(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from scalars_of(item)
    elif isinstance(node, yaml.ScalarNode):
        yield node


def last_line(node: yaml.Node, lines: list[str]) -> int:
    """Return the last line, counted from 0, on which a scalar or flow collection stands."""
    last: int = node.end_mark.line
    if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK_STYLES:
        last = min(last, len(lines) - 1) if node.end_mark.column else last - 1
        while last > node.start_mark.line and not lines[last].strip():
            last -= 1
    return last


def _spans(node: yaml.ScalarNode, lines: list[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (line, first column, column behind) of what a scalar takes up."""
    start, end = node.start_mark, node.end_mark
    if node.style in _BLOCK_STYLES:
        header = _HEADER.match(lines[start.line], start.column)
        yield start.line, start.column, header.end() if header else start.column + 1
        yield from ((line, 0, len(lines[line])) for line in range(start.line + 1, last_line(node, lines) + 1))
        return
    for line in range(start.line, end.line + 1):
        first = start.column if line == start.line else 0
        yield line, first, end.column if line == end.line else len(lines[line])


def _find_comment(line: str, taken: list[tuple[int, int]]) -> int | None:
    """Return the column at which a comment begins, or None."""
    at = line.find("#")
    while at >= 0:
        is_inside = any(start <= at < end for start, end in taken)
        if not is_inside and not line[at - 1 : at].strip():
            return at
        at = line.find("#", at + 1)
    return None
