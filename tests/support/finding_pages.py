"""The pages of docs/findings and their samples: what stands in a fenced block, spliced into the base it names.

An info string says what to do with a block: `file="PATH"` writes the whole file (a whole map needs no base),
`replaces="TEXT"` takes the place of the one line of the base that holds the text, `after="TEXT"` stands below it,
`without="TEXT"` leaves a line out. `base="task"` takes that base of the index page, `of="PATH"` another file than the
map. A line that ends in `# FB101` is where that finding belongs; `at="3"` says so in a file that has no comments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.support.maps import ROOT, extensions

from fhirbridge.errors import Issue
from fhirbridge.formats.xsd import read_schema
from fhirbridge.mapping.library import Definitions, inspect_folder
from fhirbridge.services.definitions import read_profiles

PAGES = ROOT / "docs" / "findings"
MAP = "records/probe.yaml"
_BLOCK = re.compile(r"^```\w*(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.M | re.S)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_SECTION = re.compile(r"^## (?P<name>[^\n]+)\n(?P<text>.*?)(?=^## |\Z)", re.M | re.S)

Tree = dict[str, str]
"""Text of each file by its path."""


@dataclass(frozen=True)
class Sample:
    """The files of one sample, and where its finding belongs: (file, line)."""

    files: Tree
    marked: frozenset[tuple[str, int]] = field(default_factory=frozenset)


def sections(page: str) -> dict[str, str]:
    """Return the sections of a page by their heading."""
    return {match["name"]: match["text"] for match in _SECTION.finditer(page)}


def blocks(text: str) -> list[tuple[Mapping[str, str], str]]:
    """Return the attributes and text of each fenced block."""
    return [(dict(_ATTRIBUTE.findall(match["info"])), match["body"]) for match in _BLOCK.finditer(text)]


@cache
def base(name: str) -> Mapping[str, str]:
    """Return the files of a base map, from the index page."""
    index = (PAGES / "README.md").read_text("utf-8")
    return {info["file"]: body for info, body in blocks(index) if info.get("base") == name}


def sample(text: str, code: str) -> Sample:
    """Return the files that the blocks of a section make."""
    found = blocks(text)
    name = next((info["base"] for info, _ in found if "base" in info), "report")
    files = {} if any(info.get("file") == MAP for info, _ in found) else dict(base(name))
    marked: set[tuple[str, int]] = set()
    for info, body in found:
        file = info.get("file") or info.get("of") or MAP
        files[file] = body if "file" in info else _spliced(files[file], info, body)
        if "at" in info:
            marked.add((file, int(info["at"])))
    mark = re.compile(rf"# {code}\s*$")
    for file, content in files.items():
        marked.update((file, number) for number, line in enumerate(content.split("\n"), 1) if mark.search(line))
    return Sample(files, frozenset(marked))


def _spliced(content: str, info: Mapping[str, str], body: str) -> str:
    lines = content.split("\n")
    if "without" in info:
        lines.pop(_line(lines, info["without"]))
    anchor = info.get("replaces") or info.get("after")
    if anchor:
        at = _line(lines, anchor)
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        own = (
            [indent + line if line.strip() else line for line in body.rstrip("\n").split("\n")] if body.strip() else []
        )
        lines[at : at + 1] = own if "replaces" in info else [lines[at], *own]
    return "\n".join(lines)


def _line(lines: list[str], text: str) -> int:
    found = [number for number, line in enumerate(lines) if text in line]
    assert len(found) == 1, f"`{text}` stands in {len(found)} lines of the base"
    return found[0]


def findings(folder: Path, files: Mapping[str, str]) -> list[Issue]:
    """Return what `check` says of these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8"))
    return inspect_folder(folder, definitions()).issues


@cache
def definitions() -> Definitions:
    """Return the extensions and profiles that fhirbridge ships."""
    return Definitions(extensions(), read_schema, read_profiles(ROOT / "profiles").index)


def place_of(issue: Issue) -> tuple[str, int]:
    """Return file and line of a finding."""
    file, line, _ = issue.location.rsplit(":", 2)
    return file, int(line)
