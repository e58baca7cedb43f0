"""From a side as written to the shape of what stands there, whatever kind it is.

How an XML schema is read is handed in: that is a matter of formats, which this package does not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fhirbridge.errors import MapError
from fhirbridge.mapping.csv_layout import csv_layout, csv_shape
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import Place, Side
from fhirbridge.mapping.shapes import Shape, schema_shape

DOCUMENT = "document"
"""What a block makes where the right side is a partner's format."""

ReadText = Callable[[str], str]
XmlShapes = Callable[[str, str, ReadText], Shape]
"""(schema file, name of the root element, what returns the text of a file) -> the shape of the root element.
Raises ValueError, with the place in the schema, for what is outside the subset."""


@dataclass(frozen=True, slots=True)
class SideShapes:
    """Finds the shapes of sides.

    Attributes:
        records: shape of each record kind.
        read: text of a file that a map names at a place; raises MapError.
        xml: how an XML schema is read; None where no map may have one.
    """

    records: Mapping[str, Shape]
    read: Callable[[str, Place], str]
    xml: XmlShapes | None = None

    def left(self, side: Side) -> Shape:
        """Return the shape of a left side.

        Raises:
            MapError: FB111: there is no such record, file or root element, or the schema cannot be used.
        """
        return self._record(side, side.names[0]) if side.kind == "record" else self._document(side)

    def right(self, side: Side) -> Mapping[str, Shape]:
        """Return the shape of each thing that the right side lets a block make; nothing for FHIR.

        Raises:
            MapError: as `left`.
        """
        if side.kind == "fhir":
            return {}
        if side.kind == "record":
            return {name: self._record(side, name) for name in side.names}
        return {DOCUMENT: self._document(side)}

    def _record(self, side: Side, name: str) -> Shape:
        if name not in self.records:
            raise _refused(side.place, f"no record kind `{name}`", did_you_mean(name, self.records))
        return self.records[name]

    def _document(self, side: Side) -> Shape:
        if side.kind == "csv":
            return csv_shape(csv_layout(side))
        return self._xml(side) if side.kind == "xml" else self._json(side)

    def _json(self, side: Side) -> Shape:
        name = side.names[0]
        text = self.read(name, side.place)
        try:
            return schema_shape(json.loads(text))
        except json.JSONDecodeError as error:
            at = Place(name, error.lineno, error.colno)
            raise _refused(at, f"the schema is no JSON: {error.msg}", f"named in {side.place}") from error
        except ValueError as error:
            raise _refused(side.place, f"schema `{name}` cannot be used: {error}") from error
        except RecursionError as error:
            raise _refused(side.place, f"schema `{name}` is nested too deep") from error

    def _xml(self, side: Side) -> Shape:
        if self.xml is None:
            raise _refused(side.place, "XML schemas are not read here")
        root = side.options.get("root", "")
        if not root:
            hint = "write: {xml: FILE, root: ROOT ELEMENT}"
            raise MapError(issues=[finding("FB103", side.place, "`root:` is missing", hint=hint)])
        try:
            return self.xml(side.names[0], root, lambda name: self.read(name, side.place))
        except ValueError as error:
            raise _refused(side.place, f"schema `{side.names[0]}` cannot be used: {error}") from error


def _refused(place: Place, message: str, hint: str = "") -> MapError:
    return MapError(issues=[finding("FB111", place, message, hint=hint)])
