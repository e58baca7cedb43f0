"""HL7's validator as a judge: a Java process that is given files and says of each what is wrong.

It is built by Maven from `bench/hl7-validator/` when it is first needed. Where Java or Maven is missing, `NoJudge` says
so in one line and the conformance run goes on without it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fhirbridge.formats import fhir_json

HOME = Path(__file__).parents[1] / "hl7-validator"
JAR = HOME / "target" / "judge-1.jar"
MEMORY = "-Xmx4g"
FAULTS = frozenset({"error", "fatal"})


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a validator says: severity, path, rule id, text."""

    severity: str
    path: str
    rule: str
    text: str

    @property
    def is_fault(self) -> bool:
        """Whether this makes the resource invalid."""
        return self.severity in FAULTS


Question = tuple[str, Any, Sequence[str]]
"""A name, a resource or its text, and the canonical URLs of the profiles it is judged by beside those it claims."""


class NoJudge(Exception):
    """Java or Maven is missing or cannot build or run the judge; the text says which."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The validator at work, with some FHIR packages loaded."""

    process: subprocess.Popen[str]

    def ask(self, questions: Iterable[Question]) -> Mapping[str, tuple[Said, ...]]:
        """Return what is said of each question, by its name.

        Raises:
            NoJudge: the process has ended.
        """
        with tempfile.TemporaryDirectory() as folder:
            asked = {_written(Path(folder), index, each): each[0] for index, each in enumerate(questions)}
            answers = self._answers(list(asked)) if asked else []
        return dict(zip(asked.values(), answers, strict=True))

    def _answers(self, lines: list[str]) -> list[tuple[Said, ...]]:
        try:
            _pipe(self.process.stdin).write("\n".join([*lines, "", ""]))
            _pipe(self.process.stdin).flush()
        except BrokenPipeError:
            pass  # it says below why
        said = [_pipe(self.process.stdout).readline() for _ in lines]
        if not said[-1]:
            raise NoJudge(f"HL7's validator ended: {_pipe(self.process.stderr).read()[-500:]}")
        return [tuple(Said(**each) for each in json.loads(line)) for line in said]


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None  # noqa: S101 - each of the three was asked for
    return pipe


def _written(folder: Path, index: int, question: Question) -> str:
    _, content, profiles = question
    file = folder / f"{index}.json"
    file.write_bytes(content.encode() if isinstance(content, str) else fhir_json.format(content))
    return "\t".join([str(file), *profiles])


@contextmanager
def open_judge(packages: Sequence[Path] = ()) -> Iterator[Judge]:
    """Open the judge, built if it has not been.

    Raises:
        NoJudge: Java or Maven is missing, or the build failed.
    """
    build()
    command = ["java", MEMORY, "-cp", f"{JAR}{os.pathsep}{JAR.parent / 'lib' / '*'}", "org.fhirbridge.judge.Judge"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, *map(str, packages)], text=True, **pipes) as process:  # type: ignore[call-overload]  # noqa: S603
        try:
            yield Judge(process)
        finally:
            process.kill()


def build() -> None:
    """Build the judge where that has not been done since its source changed.

    Raises:
        NoJudge: Java or Maven is missing, or the build failed.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise NoJudge(f"{program} is not installed")
    changed = max(file.stat().st_mtime for file in (HOME / "pom.xml", *HOME.glob("src/**/*.java")))
    if not JAR.exists() or JAR.stat().st_mtime < changed:
        built = subprocess.run(["mvn", "-q", "-B", "package"], cwd=HOME, capture_output=True, text=True, check=False)  # noqa: S607
        if built.returncode:
            raise NoJudge(f"Maven could not build it: {built.stdout[-500:]}")
