"""XML text to elements, safely: nothing is loaded from outside, no entity is expanded, no document type is taken.

Source: http://hl7.org/fhir/R4/security.html#narrative, https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from fhirbridge.errors import Issue, MalformedInput

MAX_TAGS = 200_000
"""Opening and closing tags together; a million empty elements cost seconds and a large tree."""


def parse_root(body: bytes, *, encoding: str | None = None) -> etree._Element:
    """Return the root element of an XML text, comments and processing instructions left out.

    Args:
        encoding: taken instead of what the text declares.

    Raises:
        MalformedInput: not well-formed, a document type, or too many elements.
    """
    if body.count(b"<") > MAX_TAGS:
        raise MalformedInput(f"The XML has more than {MAX_TAGS} tags.")
    try:
        root = etree.fromstring(body, _parser(encoding))
    except etree.XMLSyntaxError as error:
        line, column = error.position
        message = f"The body is not well-formed XML. At line:column {line}:{column}."
        raise MalformedInput(message, issues=[Issue("FB400", message, location=f"line {line}")]) from None
    if has_dtd(root):
        raise MalformedInput("The XML has a document type declaration (DTD); send it without one.")
    return root


def has_dtd(root: Any) -> bool:
    """Say whether the document of this element declares a document type."""
    return bool(root.getroottree().docinfo.doctype)


def _parser(encoding: str | None) -> etree.XMLParser:
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
        encoding=encoding,
    )
