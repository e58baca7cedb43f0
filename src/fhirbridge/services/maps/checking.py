"""Maps proved before a message meets them: a folder in, each map with its findings out; and what is certain, mended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fhirbridge.errors import Fix, Issue
from fhirbridge.services.definitions import beside, inspect_maps

_LINE_END = re.compile("(\r\n|[\n\r\x85\u2028\u2029])")
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that a comment in the map hides, and the reason the comment gives."""

    issue: Issue
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """One map and what its checks found."""

    name: str
    version: str
    file: str
    hash: str
    issues: tuple[Issue, ...]
    accepted: tuple[Accepted, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether nothing found is more than a warning."""
        return not any(issue.severity in ("error", "fatal") for issue in self.issues)


def check_all(folder: Path) -> tuple[Checked, ...]:
    """Return each map of a folder with its issues (`location` is "records/plan.yaml:23:5").

    A file that is so wrong that no map comes of it, or that is no map, stands there with its file name only.
    """
    read = inspect_maps(folder, beside(folder))
    issues: dict[str, list[Issue]] = {}
    for issue in read.issues:
        issues.setdefault(file_of(issue), []).append(issue)
    accepted: dict[str, list[Accepted]] = {}
    for each in read.ignored:
        accepted.setdefault(file_of(each.issue), []).append(Accepted(each.issue, each.reason))
    checked = [
        Checked(m.name, m.version, m.file, m.hash, tuple(issues.pop(m.file, ())), tuple(accepted.pop(m.file, ())))
        for m in read.maps
    ]
    others = [
        Checked(Path(file).stem, "", file, "", tuple(issues.get(file, ())), tuple(accepted.get(file, ())))
        for file in dict.fromkeys((*issues, *accepted))
    ]
    return tuple(sorted((*checked, *others), key=lambda each: each.file))


def file_of(issue: Issue) -> str:
    """Return the file that a finding is in, by its path below the folder."""
    return issue.location.rsplit(":", 2)[0]


# -- mending ---------------------------------------------------------------------------------------------------------


def apply_fixes(folder: Path, issues: Iterable[Issue]) -> int:
    """Write every fix of these findings into its file and return how many were written.

    Nothing but the characters that a fix names is changed; a fix is left out where they no longer stand there, where
    another fix has just changed them, and in a file outside the folder.
    """
    by_file: dict[str, dict[int, set[Fix]]] = {}
    for issue in issues:
        if issue.fix is not None and issue.fix.column:
            file, line, _ = issue.location.rsplit(":", 2)
            by_file.setdefault(file, {}).setdefault(int(line), set()).add(issue.fix)
    return sum(_mend(folder, folder / name, fixes) for name, fixes in by_file.items())


def _mend(folder: Path, file: Path, fixes: dict[int, set[Fix]]) -> int:
    if not file.resolve().is_relative_to(folder.resolve()):
        return 0
    text = file.read_bytes().decode("utf-8")
    mark = _MARK if text.startswith(_MARK) else ""
    parts = _LINE_END.split(text.removeprefix(_MARK))  # lines and their ends by turns
    count = 0
    for line, own in fixes.items():
        parts[2 * line - 2], done = _mended(parts[2 * line - 2], sorted(own, key=lambda fix: -fix.column))
        count += done
    if count:
        file.write_bytes((mark + "".join(parts)).encode("utf-8"))
    return count


def _mended(line: str, fixes: Sequence[Fix]) -> tuple[str, int]:
    """Return a line with its fixes, the last first, so that no column moves before it is used."""
    count, untouched = 0, len(line)
    for fix in fixes:
        begin, end = fix.column - 1, fix.column - 1 + len(fix.old)
        if end <= untouched and line[begin:end] == fix.old:
            line = line[:begin] + fix.new + line[end:]
            count, untouched = count + 1, begin
    return line, count
