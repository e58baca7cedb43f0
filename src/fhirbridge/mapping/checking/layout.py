"""The text of one file: what nobody sees in it, rows that are comments, its version and name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from fhirbridge.errors import Fix, Issue
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Place
from fhirbridge.mapping.text.yaml_text import split_lines

_UNSEEN = re.compile("[\t\u00a0\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SIGNS = {"\t": ("a tab", " "), "\u00a0": ("a no-break space", " ")}
_ROW_LIKE = re.compile(r"^\s*#+\s*(?:'[^']*'|[^\s#'&|]+)\s+(?:<=>|=>|<=|:=)\s+[^\s|]+\s*(?:\||$|#)")
_ENTRY = re.compile(r"^(map|fragment|version):[ \t]*(?:\"([^\"]*)\"|'([^']*)'|([^\s#]*))")
_NAME = re.compile(r"[\w.-]+")
_VERSION = re.compile(r"(?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5})){2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


def check_text(text: str, file: str) -> Iterator[Issue]:
    """Yield what is odd in the text of a map, overlay or fragment: FB121, FB122, FB127, FB128."""
    lines = split_lines(text)
    for number, line in enumerate(lines, 1):
        bare = line.rstrip(" \t")
        if unseen := _UNSEEN.search(bare):
            name, new = _SIGNS.get(unseen[0], (f"the character U+{ord(unseen[0]):04X}", ""))
            yield _unseen(Place(file, number, unseen.start() + 1), name, unseen[0], new)
        elif bare != line:
            yield _unseen(Place(file, number, len(bare) + 1), "blanks at the end", line[len(bare) :], "")
        if _ROW_LIKE.match(line):
            column = len(line) - len(line.lstrip()) + 1
            message = "this is a row that does not run"
            hint = "take it out, or say in words why it is kept"
            yield finding("FB122", Place(file, number, column), message, hint=hint)
    yield from _head(lines, file)


def _unseen(place: Place, name: str, old: str, new: str) -> Issue:
    hint = "write a blank" if new else "take it out"
    return finding("FB121", place, f"here stands what nobody sees: {name}", hint=hint, fix=Fix(old, new, place.column))


def _head(lines: list[str], file: str) -> Iterator[Issue]:
    """Yield what is wrong with the version and the name in the first lines."""
    found: dict[str, tuple[str, Place]] = {}
    for number, line in enumerate(lines, 1):
        if entry := _ENTRY.match(line):
            value = next((each for each in entry.groups()[1:] if each is not None), "")
            found.setdefault(entry[1], (value, Place(file, number, entry.end(1) + 3)))
    stem = PurePosixPath(file).stem
    name, place = found.get("map", ("", Place(file, 1, 1)))
    if _NAME.fullmatch(name) and name != stem:
        message = f"map `{name}` stands in a file that is named `{stem}`"
        yield finding("FB128", place, message, hint=f"rename the file {name}.yaml, or the map {stem}")
    if "fragment" in found and "version" not in found:
        yield finding("FB127", Place(file, 1, 1), "the fragment has no version", hint="write: version: 1.0.0")
    version, place = found.get("version", ("1.0.0", Place(file, 1, 1)))
    if version and not _VERSION.fullmatch(version):
        hint = "write three numbers, such as 1.0.0: breaking change, addition, correction"
        yield finding("FB127", place, f"`{version}` is no version of the form MAJOR.MINOR.PATCH", hint=hint)
