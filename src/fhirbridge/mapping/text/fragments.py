"""Fragments: rows that several maps share, with parameters that each use fills in.

A parameter stands as `$name` in the rows, the key and `keyed:`; its value is one word or line of the map that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from fhirbridge.errors import MapError
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import PathText, Place, RowText
from fhirbridge.mapping.text.nodes import (
    Line,
    Reader,
    data_class_of,
    entries_of,
    lines_of,
    path_of,
    rows_of,
    strings_of,
    text_of,
)
from fhirbridge.mapping.text.yaml_text import compose, split_lines

FRAGMENT_KEYS = frozenset({"fragment", "version", "item", "key", "keyed", "class", "rows", "parameters"})
NO_DEFAULT = "required"
_PARAMETER = re.compile(r"\$([a-z][a-z0-9_]*)")
_NO_VALUE = re.compile(r"[|#$\n]|=>|<=|:=")


@dataclass(frozen=True, slots=True)
class FragmentText:
    """Rows that several maps share, about one item. `parameters`: name -> what it is when a use says nothing."""

    name: str
    item: str
    key: str
    key_place: Place
    keyed: str
    data_class: str
    parameters: Mapping[str, str]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A fragment as one block uses it."""

    key: PathText
    keyed: str
    rows: tuple[RowText, ...]


def parse_fragment(text: str, file: str) -> FragmentText:
    """Return a fragment.

    Raises:
        MapError: with all findings.
    """
    reader = Reader(file, split_lines(text))
    root = compose(text, file)
    entries = entries_of(reader, root, FRAGMENT_KEYS)
    name, stem = text_of(reader, entries, "fragment", root), file.rpartition("/")[2].removesuffix(".yaml")
    if name and name != stem:
        reader.report("FB103", entries["fragment"], f"the fragment in `{stem}.yaml` must be named `{stem}`")
    fragment = FragmentText(
        name=name,
        item=text_of(reader, entries, "item", root),
        key=text_of(reader, entries, "key", root),
        key_place=reader.place(entries.get("key", root)),
        keyed=text_of(reader, entries, "keyed", root),
        data_class=data_class_of(reader, entries, root, ""),
        parameters=strings_of(reader, entries.get("parameters")),
        lines=lines_of(reader, entries.get("rows")),
    )
    _check_parameters(reader, fragment, entries.get("parameters", root))
    if not fragment.parameters:
        _fill(reader, fragment, {}, root)
    if reader.issues:
        raise MapError(issues=reader.issues)
    return fragment


def _check_parameters(reader: Reader, fragment: FragmentText, node: yaml.Node) -> None:
    """Report a `$name` that is no parameter, and a parameter that stands nowhere."""
    texts = [text for text, _ in fragment.lines]
    used = {name for text in (*texts, fragment.key, fragment.keyed) for name in _PARAMETER.findall(text)}
    for name in sorted(used - fragment.parameters.keys()):
        hint = did_you_mean(name, fragment.parameters) or f"write: parameters: {{{name}: {NO_DEFAULT}}}"
        reader.report("FB114", node, f"`${name}` is no parameter of this fragment", hint)
    for name in sorted(fragment.parameters.keys() - used):
        reader.report("FB114", node, f"parameter `{name}` is never used", f"write ${name} in a row, or leave it out")


def fill(reader: Reader, fragment: FragmentText, given: Mapping[str, str], node: yaml.Node) -> Filled:
    """Return a fragment with the parameters of one use; what is missing or unknown is reported at the node."""
    for name in sorted(given.keys() - fragment.parameters.keys()):
        hint = did_you_mean(name, fragment.parameters) or "it takes none"
        reader.report("FB114", node, f"fragment `{fragment.name}` has no parameter `{name}`", hint)
    values = {**fragment.parameters, **{name: given[name] for name in given.keys() & fragment.parameters.keys()}}
    for name, value in values.items():
        if value == NO_DEFAULT:
            reader.report("FB114", node, f"fragment `{fragment.name}` needs `{name}`", f"write: with: {{{name}: ...}}")
        elif _NO_VALUE.search(value):
            reader.report("FB114", node, f"the value of `{name}` holds a sign that rows are built of", "use words")
    return _fill(reader, fragment, values, node)


def _fill(reader: Reader, fragment: FragmentText, values: Mapping[str, str], node: yaml.Node) -> Filled:
    def filled(text: str) -> str:
        return _PARAMETER.sub(lambda match: values.get(match[1], match[0]), text)

    lines = [(filled(text), place) for text, place in fragment.lines]
    return Filled(path_of(reader, filled(fragment.key), node), filled(fragment.keyed), rows_of(reader, lines))
