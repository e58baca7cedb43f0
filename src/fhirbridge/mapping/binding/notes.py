"""What binding one map needs and finds: both sides, what the map may refer to, the findings so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fhirbridge.errors import Issue
from fhirbridge.fhir.extensions import ExtensionDefinition
from fhirbridge.mapping.binding.gaps import Gaps
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import MapText, Place
from fhirbridge.mapping.shapes import Shape
from fhirbridge.terminology.tables import CodeTable


class Refused(Exception):
    """A part of a row cannot be bound; the finding is noted already."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a map may refer to: shapes of the left side and of what the right side makes, tables, extensions."""

    left_shape: Shape
    right_shapes: Mapping[str, Shape]
    tables: Mapping[str, CodeTable]
    extensions: Mapping[str, ExtensionDefinition]


@dataclass(slots=True)
class Notes:
    """One map being bound: findings so far, tables and systems that its rows use, what refused parts might say."""

    map: MapText
    around: Surroundings
    issues: list[Issue] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    gaps: Gaps = field(default_factory=Gaps)

    @property
    def root(self) -> str:
        """The word that left paths begin with: the record kind, or `doc` for a partner's document."""
        return self.map.left.names[0] if self.map.left.kind == "record" else "doc"

    def refuse(self, code: str, place: Place, message: str, hint: str = "") -> Refused:
        """Note a finding and return what to raise."""
        self.issues.append(finding(code, place, message, hint=hint))
        return Refused()
