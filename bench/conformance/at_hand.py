"""What a conformance run has at hand, each made when it is first needed: packages, judges, checkers, what we make."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.conformance import material
from bench.conformance.judge import Judge, open_judge
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.definitions import read_checker
from fhirbridge.validation.check import Checker

Tree = dict[str, Any]

R4_EXAMPLES = "hl7.fhir.r4.examples"
R4_VERSION = "4.0.1"
BUILD = material.ROOT / "build" / "conformance"
US_CORE = {"US Core 6.1.0": "us_core_610.tgz", "US Core 8.0.0": "us_core_800.tgz"}


class Missing(Exception):
    """Something that a part needs is not at hand; the text says what."""


@dataclass
class AtHand:
    """What is at hand, and what did not hold; closed at the end of the run."""

    data: Path | None
    closing: ExitStack
    broken: list[str] = field(default_factory=list)
    """What must hold and did not, one line each."""
    _judges: dict[str, Judge] = field(default_factory=dict)
    _checkers: dict[str, Checker] = field(default_factory=dict)

    @cached_property
    def r4(self) -> dict[str, Tree]:
        """The example resources of R4, fetched from npm once.

        Raises:
            Missing: npm is not there, or does not reach its registry.
        """
        file = BUILD / f"{R4_EXAMPLES}-{R4_VERSION}.tgz"
        if not file.exists():
            BUILD.mkdir(parents=True, exist_ok=True)
            command = ["npm", "pack", "--silent", f"{R4_EXAMPLES}@{R4_VERSION}"]
            try:
                subprocess.run(command, cwd=BUILD, check=True, capture_output=True)  # noqa: S603
            except (OSError, subprocess.CalledProcessError) as error:
                raise Missing(f"npm could not fetch {R4_EXAMPLES}@{R4_VERSION}") from error
        return material.examples(file)

    def find(self, name: str) -> Path:
        """Return a folder or file of the data.

        Raises:
            Missing: it is not there.
        """
        if self.data is None or not (self.data / name).exists():
            raise Missing(f"{name} is not there (name the folder that holds it: make conformance DATA=FOLDER)")
        return self.data / name

    def us_core(self, guide: str) -> Path:
        """Return the package of a version of US Core.

        Raises:
            Missing: it is not there.
        """
        return self.find(f"us-core/{US_CORE[guide]}")

    def us_core_examples(self, guide: str) -> dict[str, Tree]:
        """Return the example resources of a version of US Core.

        Raises:
            Missing: it is not there.
        """
        return material.examples(self.us_core(guide))

    @cached_property
    def bridge(self) -> Bridge:
        """A bridge with what ships."""
        return self.closing.enter_context(material.open_bridge())

    @cached_property
    def own_package(self) -> Path:
        """Our own definitions as a package."""
        return material.write_own_package(self.bridge, BUILD / "own.tgz")

    @cached_property
    def own(self) -> dict[str, Tree]:
        """All that we make of the samples: golden outputs with their narrative, examples and documents."""
        made = (material.iter_golden(self.bridge), material.iter_examples(self.bridge), material.iter_documents())
        return {name: tree for each in made for name, tree in each}

    def judge(self, guide: str) -> Judge:
        """Return HL7's validator with a version of US Core and our own package.

        Raises:
            Missing: the package of US Core is not there.
            NoJudge: Java or Maven is missing.
        """
        if guide not in self._judges:
            packages = (self.us_core(guide), self.own_package)
            self._judges[guide] = self.closing.enter_context(open_judge(packages))
        return self._judges[guide]

    def checker(self, guide: str) -> Checker:
        """Return our checker with a version of US Core and our own profiles.

        Raises:
            Missing: the package of US Core is not there.
        """
        if guide not in self._checkers:
            folder = BUILD / guide.replace(" ", "-")
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "packages").mkdir(parents=True)
            shutil.copy(self.us_core(guide), folder / "packages")
            self._checkers[guide] = read_checker(folder)
        return self._checkers[guide]
