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
from fhirbridge.formats.xml_reader import FHIR, Reader, has_dtd
from fhirbridge.formats.xml_writer import write_resource

MEDIA_TYPES = ("application/fhir+xml", "application/xml", "text/xml")
MAX_TAGS = 200_000
"""Opening and closing tags together; a million empty elements cost seconds and a large tree."""


def parse(body: bytes) -> dict[str, Any]:
    """Return the tree of a resource.

    Raises:
        MalformedInput: not well-formed, a document type, too many elements, no R4 resource, or elements and
            attributes that R4 does not have.
    """
    root = _parse_xml(body)
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


def _parse_xml(body: bytes) -> etree._Element:
    if body.count(b"<") > MAX_TAGS:
        raise MalformedInput(f"The XML has more than {MAX_TAGS} tags.")
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise MalformedInput(f"The body is not well-formed XML. At line:column {line}:{column}.") from None
    if has_dtd(root):
        raise MalformedInput("The XML has a document type declaration (DTD); send it without one.")
    return root


def _parser() -> etree.XMLParser:
    """Return a parser that reads nothing but the body.

    `collect_ids=False` must not be set: with it lxml 6.1 opens the external DTD in spite of `load_dtd=False`.
    """
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
