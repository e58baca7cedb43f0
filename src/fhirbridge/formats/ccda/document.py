"""A C-CDA document to a tree: who it is about, who wrote it, its problems, goals, interventions, medications, texts.

Laws of this file: nothing is decided, a map does that; a section without entries that can be read is one entry with
its whole text; what no field of the tree holds stays in the text of its section; no finding quotes a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fhirbridge.errors import Issue, MalformedInput
from fhirbridge.formats.ccda import entries
from fhirbridge.formats.ccda.values import (
    NAMES,
    V3,
    Node,
    Tree,
    addresses,
    all_,
    coded,
    day,
    filled,
    first,
    gender,
    identifier,
    key_of,
    moment,
    names,
    narrative,
    organisation,
    span,
    telecoms,
    words,
    worker,
)
from fhirbridge.formats.document import Document
from fhirbridge.formats.xml_text import parse_root

MEDIA_TYPES = ("application/xml", "text/xml", "application/hl7-cda+xml")
ROOT = f"{{{V3}}}ClinicalDocument"

CARE_PLAN, DISCHARGE_SUMMARY = "2.16.840.1.113883.10.20.22.1.15", "2.16.840.1.113883.10.20.22.1.8"
KINDS = {CARE_PLAN: "care-plan", DISCHARGE_SUMMARY: "discharge-summary"}
"""Root of a document template -> what the tree calls the document."""

Reader = Callable[[Node, dict[str, str]], Iterator[Tree]]

ENTRIES: dict[str, tuple[tuple[str, Reader], ...]] = {
    "75310-3": (("problems", entries.problems),),
    "11450-4": (("problems", entries.problems),),
    "11535-2": (("diagnoses", entries.problems),),
    "61146-7": (("goals", entries.goals),),
    "62387-6": (("interventions", entries.interventions),),
    "18776-5": (
        ("goals", entries.goals),
        ("contacts", entries.planned_contacts),
        ("interventions", entries.interventions),
    ),
    "10183-2": (("medications", entries.medications),),
    "75311-1": (("medications", entries.medications),),
    "10160-0": (("medications", entries.medications),),
}
"""LOINC code of a section -> which list of the tree its entries go to, and what reads them."""

TEXTS = {
    "8648-8": "course",
    "8653-8": "instructions",
    "42349-1": "reason",
    "46241-6": "admissionReason",
    "11383-7": "outcomes",
    "51848-0": "assessment",
}
"""LOINC code of a section -> the field of the tree that holds its text."""


def parse(body: bytes) -> Document:
    """Return the document in a C-CDA text.

    Raises:
        MalformedInput: not well-formed, a document type, too many elements, or no ClinicalDocument.
    """
    root = parse_root(body)
    if root.tag != ROOT:
        raise MalformedInput("The root element is not ClinicalDocument of urn:hl7-org:v3.")
    issues = [] if _kind(root) else [_unknown_kind()]
    sections = root.findall("v:component/v:structuredBody/v:component/v:section", NAMES)
    head = _head(root)
    return Document({**head, **_body(sections, str(head.get("id", "")))}, (), tuple(issues))


def _unknown_kind() -> Issue:
    return Issue(
        "FB306",
        "The document is neither a Care Plan nor a Discharge Summary of C-CDA; it is read as far as its sections go.",
        expression="doc.kind",
        severity="warning",
        rule="ccda-template",
    )


def _kind(root: Node) -> str | None:
    roots = (each.get("root", "") for each in all_(root, "v:templateId"))
    return next((KINDS[root] for root in roots if root in KINDS), None)


# -- the header


def _head(root: Node) -> Tree:
    role = first(root, "v:recordTarget/v:patientRole")
    stay = first(root, "v:componentOf/v:encompassingEncounter")
    admitted, discharged = span(first(stay, "v:effectiveTime"))
    start, end = span(first(root, "v:documentationOf/v:serviceEvent/v:effectiveTime"))
    return filled(
        kind=_kind(root),
        id=key_of(root),
        title=words(first(root, "v:title")),
        written=moment(first(root, "v:effectiveTime")),
        writtenOn=day(first(root, "v:effectiveTime")),
        patient=_patient(role),
        author=_author(root),
        custodian=organisation(first(root, "v:custodian/v:assignedCustodian/v:representedCustodianOrganization")),
        responsible=worker(first(stay, "v:responsibleParty/v:assignedEntity")),
        admitted=admitted,
        discharged=discharged,
        disposition=coded(first(stay, "sdtc:dischargeDispositionCode"), {})
        or coded(first(stay, "v:dischargeDispositionCode"), {}),
        periodStart=start,
        periodEnd=end,
    )


def _patient(role: Node | None) -> Tree:
    patient = first(role, "v:patient")
    language = first(patient, "v:languageCommunication/v:languageCode")
    return filled(
        identifiers=[found for each in all_(role, "v:id") if (found := identifier(each))],
        names=list(names(patient)),
        birthDate=day(first(patient, "v:birthTime")),
        gender=gender(first(patient, "v:administrativeGenderCode")),
        telecoms=list(telecoms(role)),
        addresses=list(addresses(role)),
        language=language.get("code") if language is not None else None,
    )


def _author(root: Node) -> Tree:
    """Return the first author that is a person."""
    assigned = all_(root, "v:author/v:assignedAuthor")
    return next((found for each in assigned if "name" in (found := worker(each))), {})


# -- the sections


def _body(sections: list[Node], document: str) -> Tree:
    tree: Tree = {}
    for section in sections:
        code, texts, text = _code(section), _texts(section), narrative(first(section, "v:text"))
        found = False
        for name, read in ENTRIES.get(code, ()):
            known = {entry["id"] for entry in tree.get(name, [])}  # one that stands in two sections is one
            new = [each for each in read(section, texts) if each["id"] not in known]
            tree.setdefault(name, []).extend(new)
            found = found or bool(new)
        if text and code in ENTRIES and not found:
            tree[ENTRIES[code][0][0]].append({"id": f"{document}.{code}", "text": text})
        elif text:
            tree.update(_told(code, words(first(section, "v:title")) or code, text, tree))
    contacts = tree.pop("contacts", [])
    return filled(**tree, followUp=contacts[0] if contacts else {})


def _told(code: str, title: str, text: str, tree: Tree) -> Tree:
    """Return the field that a section's text goes to: its own, else the list of all that have none."""
    if code in TEXTS:
        return {TEXTS[code]: text}
    return {"sections": [*tree.get("sections", []), filled(code=code, title=title, text=text)]}


def _code(section: Node) -> str:
    code = first(section, "v:code")
    return code.get("code", "") if code is not None else ""


def _texts(section: Node) -> dict[str, str]:
    """Return the pieces of a section's narrative that entries may point at, by their ID."""
    text = first(section, "v:text")
    pieces = text.iter() if text is not None else ()
    return {each.get("ID", ""): said for each in pieces if each.get("ID") and (said := words(each))}
