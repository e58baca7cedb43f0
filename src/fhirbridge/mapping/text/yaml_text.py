"""YAML as text: what makes a file unreadable is said in plain words, and nothing in it can cost more than its size.

Laws of this file: no tag is resolved and nothing is run; no alias, no depth beyond what a map has; every fault has a
place.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from fhirbridge.errors import Issue, MapError
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Place

_MAX_DEPTH = 12
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: str, file: str) -> yaml.MappingNode:
    """Return the top mapping of a YAML text as nodes with their places.

    Raises:
        MapError: FB101 with what cannot be read, and where.
    """
    _check_events(text, file)
    node = yaml.compose(text, Loader=_LOADER)
    if not isinstance(node, yaml.MappingNode):
        hint = "begin with `map: NAME`, or `fragment: NAME` in a fragment"
        raise MapError(issues=[finding("FB101", Place(file, 1, 1), "the file is no list of `name: value`", hint=hint)])
    return node


def _check_events(text: str, file: str) -> None:
    """Read the file once without building anything: what makes it unreadable, too deep, or larger than it looks.

    A short text of aliases can stand for more rows than any memory holds, and deep nesting overflows the C stack.
    """
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                hint = "leave the line `---` out"
                where = _place(file, event.start_mark)
                raise MapError(issues=[finding("FB101", where, "a second document begins here", hint=hint)])
            if isinstance(event, yaml.AliasEvent) or depth > _MAX_DEPTH:
                place = _place(file, event.start_mark)
                what = "an alias `*`" if isinstance(event, yaml.AliasEvent) else f"more than {_MAX_DEPTH} levels"
                hint = "write the rows out, or share them as a fragment"
                raise MapError(issues=[finding("FB101", place, f"a map has no use for {what}", hint=hint)])
    except yaml.MarkedYAMLError as error:
        raise MapError(issues=[_unreadable(error, text, file)]) from error
    except yaml.YAMLError as error:
        place = Place(file, text[: getattr(error, "position", 0)].count("\n") + 1, 1)
        hint = "save the file as plain UTF-8 text"
        raise MapError(issues=[finding("FB101", place, "a control character stands here", hint=hint)]) from error


_PROBLEMS = (
    ("tab character", "", "a tab stands where YAML wants spaces", "indent with spaces"),
    ("cannot start any token", "\t", "a tab stands where YAML wants spaces", "indent with spaces"),
    ("cannot start any token", "", "a value may not begin with this character", "quote the value"),
    (
        "mapping values are not allowed",
        "",
        "a `:` stands where YAML wants none",
        "indent the line like its neighbours; quote a value that holds `: `",
    ),
    (
        "did not find expected key",
        "",
        "the line is indented unlike those before it",
        "indent it like its neighbours; each row stands deeper than its `rows: |`",
    ),
    (
        "could not find expected ':'",
        "",
        "the line has no `name: value`",
        "write `name: value`, with a space behind the colon; a row stands deeper than its `rows: |`",
    ),
    (
        "did not find expected ','",
        "",
        "a `{` or `[` is not closed, or holds a value that needs quotes",
        "close it; quote a value that holds [ ] { } or a comma",
    ),
)
_STARTS_EARLIER = ("could not find expected ':'", "did not find expected ','")


def _unreadable(error: yaml.MarkedYAMLError, text: str, file: str) -> Issue:
    """Return the finding for what YAML could not read, in plainer words than the parser's."""
    problem = error.problem or "not readable as YAML"
    is_earlier = error.context_mark is not None and any(words in problem for words in _STARTS_EARLIER)
    mark = error.context_mark if is_earlier else error.problem_mark
    place = _place(file, mark)
    lines = split_lines(text)
    character = lines[mark.line][mark.column : mark.column + 1] if mark and mark.line < len(lines) else ""
    for words, wanted, message, hint in _PROBLEMS:
        if words in problem and wanted in ("", character):
            return finding("FB101", place, message, hint=hint)
    return finding("FB101", place, problem)


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)


def split_lines(text: str) -> list[str]:
    """Return the lines as YAML counts them."""
    return re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
