"""`make conformance`: what HL7's validator says of what we make, and whether our checker says the same.

    python -m bench.conformance [--data FOLDER] [PART]...

FOLDER holds `us-core/*.tgz` and `hl7-validator-cases/`; parts are `golden`, `examples`, `faults` and `cases`. The R4
examples are fetched from npm into `build/`. What is not at hand is left out, with one line that says so.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.conformance import comparing, hl7_cases, material
from bench.conformance.judge import Judge, NoJudge, make_judge
from fhirbridge.services.definitions import find_defaults, read_checker
from fhirbridge.validation.check import Checker

Tree = dict[str, Any]

R4_EXAMPLES = "hl7.fhir.r4.examples"
R4_VERSION = "4.0.1"
BUILD = material.ROOT / "build" / "conformance"
US_CORE = ("us_core_610.tgz", "us_core_800.tgz")
FAULTS_EACH = 10


class Missing(Exception):
    """Something that a part needs is not at hand; the text says what."""


@dataclass
class Run:
    """What a run has at hand, each made when it is first needed."""

    data: Path | None

    @cached_property
    def r4(self) -> dict[str, Tree]:
        """The example resources of R4."""
        return material.examples(self._r4_package())

    def _r4_package(self) -> Path:
        file = BUILD / f"{R4_EXAMPLES}-{R4_VERSION}.tgz"
        if not file.exists():
            BUILD.mkdir(parents=True, exist_ok=True)
            command = ["npm", "pack", "--silent", f"{R4_EXAMPLES}@{R4_VERSION}"]
            try:
                subprocess.run(command, cwd=BUILD, check=True, capture_output=True)  # noqa: S603
            except (OSError, subprocess.CalledProcessError) as error:
                raise Missing(f"npm package {R4_EXAMPLES}@{R4_VERSION}") from error
        return file

    def folder(self, name: str) -> Path:
        """Return a folder or file of the data.

        Raises:
            Missing: it is not there.
        """
        if self.data is None or not (self.data / name).exists():
            raise Missing(f"{name} (give its folder with --data)")
        return self.data / name

    def us_core(self) -> Iterator[tuple[str, Path]]:
        """Yield each version of US Core with its package."""
        for name in US_CORE:
            yield name.removesuffix(".tgz"), self.folder(f"us-core/{name}")

    def judge(self, *packages: Path) -> Judge:
        """Return HL7's validator with packages loaded."""
        return make_judge(packages)

    def checker(self, *packages: Path) -> Checker:
        """Return our checker with our own profiles and the packages."""
        return read_checker(find_defaults() / "profiles", packages)


def golden(run: Run) -> Iterator[str]:
    """What HL7's validator says of every golden output, under each version of US Core."""
    questions = [(name, tree, ()) for name, tree in material.iter_golden()]
    for version, package in run.us_core():
        answers = run.judge(package, material.own_package()).ask(questions)
        faults = [(name, said) for name, all_ in answers.items() for said in all_ if said.is_fault]
        warnings = [(name, said) for name, all_ in answers.items() for said in all_ if said.severity == "warning"]
        yield f"### Golden outputs under {version}\n"
        yield f"{len(questions)} resources, {len(faults)} errors, {len(warnings)} warnings.\n"
        yield from (f"- error: {name} {said.path} {said.rule}: {said.text}" for name, said in faults)
        yield from (f"- warning: {name} {said.path} {said.rule}: {said.text}" for name, said in warnings)


def examples(run: Run) -> Iterator[str]:
    """Whether both say the same of the examples of R4 and of US Core."""
    yield from _compared("R4 examples", run.r4, run.judge(), run.checker())
    for version, package in run.us_core():
        yield from _compared(
            f"Examples of {version}", material.examples(package), run.judge(package), run.checker(package)
        )


def _compared(title: str, resources: Mapping[str, Tree], judge: Judge, checker: Checker) -> Iterator[str]:
    compared = comparing.compare([(name, tree, ()) for name, tree in resources.items()], judge, checker)
    yield comparing.agreement(title, compared)
    yield comparing.disagreements(compared)


def faults(run: Run) -> Iterator[str]:
    """Whether both find the faults put into examples that both find valid."""
    for version, package in run.us_core():
        judge, checker = run.judge(package), run.checker(package)
        resources = run.r4 | material.examples(package)
        clean = comparing.compare([(name, tree, ()) for name, tree in resources.items()], judge, checker)
        valid = {one.name: resources[one.name] for one in clean if not one.they_object and not one.we_object}
        put = comparing.planted(valid, each=FAULTS_EACH)
        compared = comparing.compare([one.question for one in put], judge, checker)
        yield comparing.agreement(f"Single faults, {version}", compared)
        yield comparing.by_kind(put, compared)
        yield comparing.disagreements(compared)


def cases(run: Run) -> Iterator[str]:
    """Whether we agree with what HL7's validator recorded for its own cases."""
    yield hl7_cases.report(run.folder("hl7-validator-cases"))


PARTS: dict[str, Callable[[Run], Iterator[str]]] = {
    "golden": golden,
    "examples": examples,
    "faults": faults,
    "cases": cases,
}


def main() -> None:
    """Run the parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with us-core/ and hl7-validator-cases/")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="what to run; all of it when left out")
    arguments = parser.parse_args()
    run = Run(arguments.data)
    for name in arguments.parts or PARTS:
        try:
            for text in PARTS[name](run):
                print(text, flush=True)
        except (Missing, NoJudge) as missing:
            print(f"{name}: left out: {missing}\n", flush=True)


if __name__ == "__main__":
    main()
