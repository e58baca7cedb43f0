"""HL7's validator as a judge: a Java process that is given files and says of each what is wrong.

It is built by Maven from `bench/hl7-validator/` when it is first needed. Where Java or Maven is missing, `NoJudge` says
so in one line and the conformance run goes on without it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirbridge.formats import fhir_json

HOME = Path(__file__).parents[1] / "hl7-validator"
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
    """Java or Maven is missing or cannot build the judge; the text says which."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The validator with some FHIR packages loaded."""

    packages: tuple[Path, ...] = ()

    def ask(self, questions: Iterable[Question]) -> Mapping[str, tuple[Said, ...]]:
        """Return what is said of each question, by its name."""
        with tempfile.TemporaryDirectory() as folder:
            files = {self._write(Path(folder), i, q): q[0] for i, q in enumerate(questions)}
            answers = self._run("\n".join(files) + "\n")
        return {files[line]: said for line, said in zip(files, answers, strict=True)}

    def _write(self, folder: Path, index: int, question: Question) -> str:
        _, content, profiles = question
        file = folder / f"{index}.json"
        file.write_bytes(content.encode() if isinstance(content, str) else fhir_json.format(content))
        return "\t".join([str(file), *profiles])

    def _run(self, lines: str) -> list[tuple[Said, ...]]:
        classes = f"{HOME / 'target' / 'judge-1.jar'}:{HOME / 'target' / 'lib'}/*"
        command = ["java", MEMORY, "-cp", classes, "org.fhirbridge.judge.Judge", *map(str, self.packages)]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NoJudge(f"the judge ended with {done.returncode}: {done.stderr[-500:]}")
        return [_said(json.loads(line)) for line in done.stdout.splitlines()]


def _said(answer: Mapping[str, Any]) -> tuple[Said, ...]:
    return tuple(Said(i["severity"], i["path"], i["rule"], i["text"]) for i in answer["issues"])


def make_judge(packages: Sequence[Path] = ()) -> Judge:
    """Return the judge, built if it has not been.

    Raises:
        NoJudge: Java or Maven is missing, or the build failed.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise NoJudge(f"HL7's validator is left out: {program} is not installed.")
    jar, source = HOME / "target" / "judge-1.jar", HOME / "src/main/java/org/fhirbridge/judge/Judge.java"
    if not jar.exists() or jar.stat().st_mtime < source.stat().st_mtime:
        built = subprocess.run(["mvn", "-q", "-B", "package"], cwd=HOME, capture_output=True, text=True, check=False)  # noqa: S607
        if built.returncode:
            raise NoJudge(f"HL7's validator is left out: Maven could not build it: {built.stdout[-500:]}")
    return Judge(tuple(packages))
