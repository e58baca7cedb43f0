"""Does what a tutorial page tells its reader: writes its files, makes its changes, runs its commands."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from fhirbridge.cli.root import run

FENCE = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PREVIEW = re.compile(r"^preview\t(\w+)$", re.MULTILINE)
LEFT_OUT = "..."


@dataclass(frozen=True, slots=True)
class Step:
    """One fenced block: its kind, the file it speaks of, its text, and the line of the page it begins at."""

    kind: str
    file: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Ran:
    """A command of the page: what the page shows below it, what it printed, and its exit code."""

    command: str
    shown: list[str]
    printed: list[str]
    code: int
    line: int


def read_steps(page: str) -> list[Step]:
    """Return the fenced blocks of a page, in order."""
    return [
        Step(each[1], each[2] or "", each[3], page.count("\n", 0, each.start()) + 1) for each in FENCE.finditer(page)
    ]


@dataclass(slots=True)
class Reader:
    """Somebody who follows a page in a folder of their own."""

    top: Path
    here: Path = field(init=False)
    preview: str = ""

    def __post_init__(self) -> None:
        self.here = self.top

    def follow(self, steps: list[Step]) -> Iterator[Ran]:
        """Do each step; yield each command that was run."""
        for step in steps:
            if step.kind == "console":
                yield from self._run_all(step)
            elif step.kind == "diff":
                self._change(step)
            elif step.file:
                (self.here / step.file).write_text(step.text, encoding="utf-8")

    def _change(self, step: Step) -> None:
        """Make a change as it is shown: lines with `-` go, lines with `+` come, others stay."""
        lines = step.text.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] != "+")
        new = "".join(line[1:] for line in lines if line[0] != "-")
        path = self.here / step.file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"line {step.line} of the page: {text.count(old)} places to change"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def _run_all(self, step: Step) -> Iterator[Ran]:
        for part in re.split(r"^\$ ", step.text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            if command.startswith("cd "):
                self.here = self.here / command.removeprefix("cd ")
            else:
                yield self._run(command, shown.splitlines(), step.line)

    def _run(self, command: str, shown: list[str], line: int) -> Ran:
        program, *arguments = shlex.split(command.replace("PREVIEW", self.preview or "PREVIEW"))
        assert program == "fhirbridge", command
        screen = StringIO()
        with chdir(self.here), redirect_stdout(screen), redirect_stderr(screen):
            code = run(arguments)
        printed = screen.getvalue()
        if found := PREVIEW.search(printed):
            self.preview = found[1]
        return Ran(
            command, shown, [each.replace(str(self.top) + os.sep, "") for each in printed.splitlines()], code, line
        )


def is_shown(shown: list[str], printed: list[str]) -> bool:
    """Say whether a page shows what was printed; `...` stands for lines, or for a part of one, that are left out."""
    wanted = _squeezed(shown)
    pattern = "".join(r"(?:.*\n)*?" if line == LEFT_OUT else _line_pattern(line) for line in wanted)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _squeezed(printed))) is not None


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split(LEFT_OUT)) + r"\n"


def _squeezed(lines: list[str]) -> list[str]:
    """Return lines without blanks at their ends, each run of blanks as one: tabs look like that on a page."""
    return [" ".join(line.split()) for line in lines]
