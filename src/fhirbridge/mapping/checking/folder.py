"""All files of a folder together: what only several maps show, what was accepted, and where the fixes go.

Laws of this file: a finding is hidden only by a comment at its own line that names its code and a reason; what is
hidden is handed back with the reason; a fix changes nothing but the characters it names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from fhirbridge.errors import Fix, Issue
from fhirbridge.mapping.checking.layout import check_text
from fhirbridge.mapping.findings import RULES, did_you_mean, finding
from fhirbridge.mapping.model import Map, Place
from fhirbridge.mapping.text.ignores import Ignore, ignores_of
from fhirbridge.mapping.text.yaml_text import split_lines

OF_PROFILES = frozenset({"FB256", "FB257", "FB259", "FB260", "FB261", "FB262", "FB263", "FB264", "FB265", "FB267"})
"""Findings that are made only where profiles are known."""
_MET_BY = re.compile(r" \(met by [^()]*\)$")
_FOLDERS = ("tables", "schemas", "fragments")


@dataclass(frozen=True, slots=True)
class Ignored:
    """A finding that a comment hides, and the reason it gives."""

    issue: Issue
    reason: str


def check_maps(maps: Sequence[Map]) -> Iterator[Issue]:
    """Yield what only several maps together show: FB272, FB278."""
    seen: dict[tuple[object, ...], Map] = {}
    for map_ in (each for each in maps if not each.file.startswith("partners/")):
        ends = (map_.left.kind, map_.left.names, map_.right.kind, map_.right.names)
        other = seen.setdefault(ends, map_)
        if other is not map_:
            message = f"`{map_.name}` joins the same two sides as `{other.name}` in {other.file}"
            hint = "keep one map, or write the difference as an overlay in partners/"
            yield finding("FB272", map_.left.place, message, hint=hint)
    yield from _unknown_keys(maps)


def _unknown_keys(maps: Sequence[Map]) -> Iterator[Issue]:
    given: dict[str, set[str]] = {}
    for map_ in maps:
        for block in map_.blocks:
            given.setdefault(block.type, set()).add(block.keyed)
    for map_ in maps:
        for row in (row for block in map_.blocks for row in block.rows):
            reference = row.codec.reference
            if reference and not reference.block and reference.keyed not in ("", *given.get(reference.type, ())):
                message = f"no map makes {reference.type} keyed `{reference.keyed}`"
                hint = did_you_mean(reference.keyed, given.get(reference.type, ()))
                yield finding("FB278", row.place, message, hint=hint or "name a `keyed:` of a block, in any map")


def check_files(names: Iterable[str], used: Collection[str]) -> Iterator[Issue]:
    """Yield a finding for each table, schema or fragment that no map uses: FB129."""
    for name in names:
        path = PurePosixPath(name)
        is_part = (
            len(path.parts) == 2 and path.parts[0] in _FOLDERS and path.suffix in (".csv", ".json", ".yaml", ".xsd")
        )
        if is_part and name not in used:
            yield finding("FB129", Place(name, 1, 1), "no map uses this file", hint="name it in a map, or take it out")


# -- what was accepted -----------------------------------------------------------------------------------------------


def settle(
    texts: Mapping[str, str], issues: Iterable[Issue], *, profiles_known: bool
) -> tuple[list[Issue], list[Ignored]]:
    """Return the findings that stand, with their fixes put in place, and those that a comment hides.

    Args:
        texts: text of each map, overlay and fragment by its file.
    """
    found = _once(issues)
    unreadable = {file_of(issue) for issue in found if issue.code == "FB101"}
    ignores: list[Ignore] = []
    for file, text in texts.items():
        if file not in unreadable:
            found.extend(check_text(text, file))
        own, wrong = ignores_of(text, file)
        ignores.extend(own)
        found.extend(wrong)
    stands, hidden, used = _parted(found, ignores)
    stands.extend(_in_vain(ignores, used, stands, profiles_known=profiles_known))
    lines = {file: split_lines(text) for file, text in texts.items()}
    return [_placed(issue, lines) for issue in dict.fromkeys(stands)], hidden


def _once(issues: Iterable[Issue]) -> list[Issue]:
    """Return the findings, each once: what several maps meet in one line is told with the first of them."""
    told: dict[tuple[str, str, str], Issue] = {}
    for issue in issues:
        told.setdefault((issue.code, issue.location, _MET_BY.sub("", issue.message)), issue)
    return list(told.values())


def file_of(issue: Issue) -> str:
    """Return the file that a finding is in."""
    return issue.location.rsplit(":", 2)[0]


def _parted(
    issues: Iterable[Issue], ignores: Sequence[Ignore]
) -> tuple[list[Issue], list[Ignored], set[tuple[Place, str]]]:
    """Return what stands, what is hidden, and which comments hide something."""
    by_line = {(ignore.place.file, ignore.line, code): ignore for ignore in ignores for code in ignore.codes}
    stands: list[Issue] = []
    hidden: list[Ignored] = []
    used: set[tuple[Place, str]] = set()
    for issue in issues:
        file, line, _ = (*issue.location.rsplit(":", 2), "", "")[:3]
        ignore = by_line.get((file, int(line) if line.isdecimal() else 0, issue.code))
        if ignore is None:
            stands.append(issue)
        else:
            hidden.append(Ignored(issue, ignore.reason))
            used.add((ignore.place, issue.code))
    return stands, hidden, used


def _in_vain(
    ignores: Iterable[Ignore], used: Collection[tuple[Place, str]], issues: Iterable[Issue], *, profiles_known: bool
) -> Iterator[Issue]:
    """Yield a finding for each code of a comment that hides nothing, where all checks of the file have run."""
    stopped = {file_of(issue) for issue in issues if _stops(issue)}
    for ignore in ignores:
        for code in ignore.codes:
            is_known = profiles_known or code not in OF_PROFILES
            if (ignore.place, code) not in used and ignore.place.file not in stopped and is_known:
                hint = f"take {code} out; the finding is mended, or stands at another line"
                yield finding("FB125", ignore.place, f"there is no {code} here to ignore", hint=hint)


def _stops(issue: Issue) -> bool:
    """Say whether a finding keeps later checks from running."""
    return issue.severity == "error" and issue.code in RULES and RULES[issue.code].stage in ("text", "binding")


# -- fixes -----------------------------------------------------------------------------------------------------------


def _placed(issue: Issue, lines: Mapping[str, Sequence[str]]) -> Issue:
    """Return a finding whose fix knows its column; one whose words stand there twice, or not at all, has none."""
    if issue.fix is None or issue.fix.column:
        return issue
    file, line, column = issue.location.rsplit(":", 2)
    text = lines.get(file, ())[int(line) - 1 : int(line)]
    begin = int(column) - 1
    whole = rf"(?<![\w-]){re.escape(issue.fix.old)}(?![\w-])"
    found = [match.start() for match in re.finditer(whole, text[0]) if match.start() >= begin] if text else []
    if len(found) != 1 or not issue.fix.old:
        return replace(issue, fix=None)
    return replace(issue, fix=Fix(issue.fix.old, issue.fix.new, found[0] + 1))
