"""XHTML of a narrative: text made safe, tables and lists, the one div, and the narrative put into and out of a tree.

Laws of this file: whatever a text holds, what is made of it is well-formed and shows that text; no attribute but the
language, no class, no script, no address.
Source: http://hl7.org/fhir/R4/narrative.html#xhtml
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fhirbridge.ids import CANONICAL

XHTML = "http://www.w3.org/1999/xhtml"
GENERATED = "generated"
"""The status of what is made here. US Core takes no other but `additional`, also where extensions are told."""
SECTION_SYSTEM = f"{CANONICAL}/CodeSystem/document-section"
"""Codes of the sections that a document is given beside those of its record."""
ADDITIONAL = "additional"
"""The status of a narrative that says more than the elements beside it: somebody's own words."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_BREAK = re.compile(r"\r\n|\r|\n")
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold. Source: https://www.w3.org/TR/xml/#charsets"""

Tree = dict[str, Any]


def escape(text: str) -> str:
    """Return a text as XHTML shows it, every character of it; line ends become breaks.

    >>> escape("fish & chips <b>")
    'fish &amp; chips &lt;b&gt;'
    """
    is_plain = text.isprintable()
    safe = (text if is_plain else _ILLEGAL.sub("\ufffd", text)).replace("&", "&amp;")
    safe = safe.replace("<", "&lt;").replace(">", "&gt;")
    return safe if is_plain else _BREAK.sub("<br/>", safe)


def bold(text: str) -> str:
    """Return a text, set off from what follows."""
    return f"<b>{escape(text)}</b>"


def paragraph(text: str) -> str:
    """Return a text as a paragraph."""
    return f"<p>{escape(text)}</p>"


def bullets(items: Iterable[str]) -> str:
    """Return XHTML items as a list."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return rows of a label and its value, both XHTML, as a table; nothing for no row."""
    lines = "".join([f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in rows])
    return f"<table><tbody>{lines}</tbody></table>" if lines else ""


def narrative(inner: str, language: str = "") -> Tree:
    """Return a Narrative around XHTML that is not empty.

    Args:
        language: BCP 47, "" where it is not known.
    """
    told = f' lang="{language}" xml:lang="{language}"' if _LANGUAGE.fullmatch(language) else ""
    return {"status": GENERATED, "div": f'<div xmlns="{XHTML}"{told}>{inner}</div>'}


# -- in a tree


def is_own_words(text: Any) -> bool:
    """Say whether a narrative is somebody's own words, and no mere telling of the elements beside it."""
    return isinstance(text, dict) and text.get("status") == ADDITIONAL


def without_narrative(resource: Tree) -> Tree:
    """Return a resource without what narrative was generated for it, that of its sections too."""
    bare = {name: value for name, value in resource.items() if name != "text" or is_own_words(value)}
    sections = bare.get("section")
    if isinstance(sections, list):
        bare["section"] = [without_narrative(each) if isinstance(each, dict) else each for each in sections]
    return bare


def as_recorded(resource: Tree) -> Tree:
    """Return a resource without what a bridge adds to it on its way out: generated narrative, sections of documents."""
    bare = without_narrative(resource)
    sections = bare.get("section")
    if isinstance(sections, list):
        bare["section"] = [each for each in sections if not _is_added(each)]
    return bare


def _is_added(section: Any) -> bool:
    code = section.get("code") if isinstance(section, dict) else None
    codings = code.get("coding") if isinstance(code, dict) else None
    return any(
        isinstance(each, dict) and each.get("system") == SECTION_SYSTEM
        for each in (codings if isinstance(codings, list) else ())
    )
