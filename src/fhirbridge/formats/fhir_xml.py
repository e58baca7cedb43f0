"""FHIR XML to the same tree that FHIR JSON gives, and back.

Reading: the parser loads nothing from outside, expands no entities, refuses any document type, very deep and very
large documents. What R4 has no place for is refused with element path and line, all places at once.
Source: http://hl7.org/fhir/R4/xml.html, http://hl7.org/fhir/R4/security.html
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from fhirbridge.errors import MalformedInput
from fhirbridge.fhir.elements import is_resource
from fhirbridge.formats.xml_reader import FHIR, Reader
from fhirbridge.formats.xml_text import parse_root
from fhirbridge.formats.xml_writer import write_resource

MEDIA_TYPES = ("application/fhir+xml", "application/xml", "text/xml")


def parse(body: bytes) -> dict[str, Any]:
    """Return the tree of a resource.

    Raises:
        MalformedInput: not well-formed, a document type, too many elements, no R4 resource, or elements and
            attributes that R4 does not have.
    """
    root = parse_root(body, encoding="utf-8")
    name = etree.QName(root)
    if name.namespace != FHIR or not is_resource(name.localname):
        raise MalformedInput("The root element names no FHIR R4 resource type in the namespace http://hl7.org/fhir.")
    reader = Reader()
    tree = reader.resource(root, name.localname)
    if reader.issues:
        raise MalformedInput("The XML holds what FHIR R4 has no place for.", issues=reader.issues)
    return tree


def format(resource: dict[str, Any]) -> bytes:
    """Return the XML of a resource, elements in the specification's order.

    Raises:
        InvalidContent: the resource holds what XML or R4 has no place for; names the element.
    """
    return etree.tostring(write_resource(resource), xml_declaration=True, encoding="utf-8")
