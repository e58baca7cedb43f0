"""The same questions for those at a command line: plain words in, rows out. Profiles and maps are read from folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirbridge.errors import NotFound
from fhirbridge.services.definitions import check_maps, read_terminology
from fhirbridge.services.terminology.codes import reason_error
from fhirbridge.services.terminology.maps import matches
from fhirbridge.services.terminology.shared import with_tables
from fhirbridge.terminology.answers import REASONS, SYSTEM_UNKNOWN
from fhirbridge.terminology.expansion import Wish
from fhirbridge.terminology.filters import as_text
from fhirbridge.terminology.linking import canonical_of
from fhirbridge.terminology.service import Coding, NotKnown, Terminology

Row = dict[str, Any]

LOOKUP_COLUMNS = ["name", "value"]
VERDICT_COLUMNS = ["outcome", "why", "display", "expected"]
CODE_COLUMNS = ["code", "display", "system"]
MATCH_COLUMNS = ["equivalence", "code", "display", "system"]


def is_fine(verdict: Row) -> bool:
    """Say whether a row of `validate` has nothing against the code."""
    return bool(verdict["outcome"] == "in" and verdict["display"] != "wrong")


@dataclass(frozen=True, slots=True)
class TerminologyDesk:
    """What a command asks."""

    terminology: Terminology

    @classmethod
    def open(cls, profiles: Path, maps: Path | None) -> TerminologyDesk:
        """Return a desk with what a profiles folder holds, and the code tables of a folder of maps.

        Raises:
            BadSettings: a file of the profiles cannot be read.
        """
        terminology = read_terminology(profiles)
        return cls(with_tables(terminology, check_maps(maps, profiles)[0]) if maps else terminology)

    def lookup(self, system: str, code: str) -> list[Row]:
        """Return what a code system says of a code.

        Raises:
            NotFound, CannotTell: it says nothing.
        """
        coding = Coding(system, code)
        concept = self.terminology.find_concept(coding)
        if concept is None:
            verdict = self.terminology.validate_in_system(coding)
            raise (
                reason_error(verdict.reason) if verdict.outcome == "not-checked" else NotFound("There is no such code.")
            )
        rows = [
            ("code", concept.code),
            ("display", concept.display),
            ("definition", concept.definition),
            *(("designation", each.value) for each in concept.designations),
            *(("parent", each) for each in concept.parents),
            *(("inactive", "true") for _ in range(concept.is_inactive)),
            *(("not selectable", "true") for _ in range(concept.is_abstract)),
            *((each.code, as_text(each.value)) for each in concept.properties),
        ]
        return [{"name": name, "value": value} for name, value in rows if value != ""]

    def validate(self, url: str, code: str, *, system: str = "", display: str = "") -> Row:
        """Return the verdict on a code: of a value set if the URL is one, else of a code system.

        Raises:
            NotFound: it is neither.
        """
        if self.terminology.is_known(url):
            verdict = self.terminology.validate(url, Coding(system, code, display))
        elif self.terminology.find_system(url) is not None:
            verdict = self.terminology.validate_in_system(Coding(url, code, display))
        else:
            raise NotFound("No value set and no code system of this URL is loaded.")
        why = REASONS.get(verdict.reason, "")
        return {
            "outcome": verdict.outcome,
            "reason": verdict.reason,
            "why": why,
            "display": verdict.display,
            "expected": verdict.expected,
        }

    def expand(
        self, value_set: str, *, text: str = "", offset: int = 0, count: int | None = None, active_only: bool = False
    ) -> list[Row]:
        """Return the codes of a value set.

        Raises:
            NotFound, CannotTell: they cannot be counted out, or are too many.
        """
        try:
            found = self.terminology.expand(value_set, Wish(text, offset, count, active_only))
        except NotKnown as error:
            raise reason_error(str(error)) from error
        concepts = ((each, each.concept) for each in found.entries)
        return [
            {
                "system": entry.system,
                "version": entry.version,
                "code": concept.code,
                "display": concept.display,
                "abstract": concept.is_abstract,
                "inactive": concept.is_inactive,
            }
            for entry, concept in concepts
        ]

    def translate(self, map_: str, code: str, *, system: str = "", is_back: bool = False) -> list[Row]:
        """Return what a code becomes by a concept map, named by URL, or by the name of a code table.

        Raises:
            NotFound: there is no such map.
            CannotTell: the map says what cannot be followed here.
        """
        found = self.terminology.find_map(map_ if ":" in map_ else canonical_of(map_))
        if found is None:
            raise NotFound("No concept map of this name or URL is loaded.")
        rows = matches(self.terminology, [found], [Coding(system, code)], is_back=is_back)
        return [
            {
                "equivalence": each.equivalence,
                "system": each.target.system if each.target else "",
                "code": each.target.code if each.target else "",
                "display": each.target.display if each.target else "",
                "comment": each.comment,
                "map": each.url,
            }
            for each in rows
        ]

    def subsumes(self, system: str, code_a: str, code_b: str) -> str:
        """Return how two codes stand to each other.

        Raises:
            NotFound, CannotTell: what is loaded does not tell.
        """
        if self.terminology.find_system(system) is None:
            raise reason_error(SYSTEM_UNKNOWN)
        try:
            return self.terminology.subsumes(system, code_a, code_b)
        except NotKnown as error:
            raise reason_error(str(error)) from error
