"""$lookup, $validate-code and $subsumes: what is known of a code.

Laws of this file: what cannot be known is an error with its reason, never `result: false`.
Source: http://hl7.org/fhir/R4/codesystem-operation-lookup.html, codesystem-operation-validate-code.html,
codesystem-operation-subsumes.html, valueset-operation-validate-code.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fhirbridge.errors import CannotTell, MalformedInput, NotFound
from fhirbridge.services.terminology.parameters import Asked, parameters
from fhirbridge.terminology.answers import ABSTRACT, REASONS, SYSTEM_UNKNOWN, VALUE_SET_UNKNOWN
from fhirbridge.terminology.service import Coding, NotKnown, Terminology, Verdict
from fhirbridge.terminology.systems import Concept, ListedSystem, System

Judge = Callable[[Coding], Verdict]
Row = tuple[str, str, Any]

INLINE = "urn:fhirbridge:inline"
"""Stands for the URL of a resource that came along and has none."""
WRONG_DISPLAY = "the display is not one that the code has"

LOOKUP = ("code", "system", "version", "coding", "date", "displayLanguage", "property")
VALIDATE_IN_SYSTEM = (
    "url", "codeSystem", "code", "version", "display", "coding", "codeableConcept", "date", "abstract",
    "displayLanguage",
)  # fmt: skip
VALIDATE_IN_SET = (
    "url", "valueSet", "valueSetVersion", "code", "system", "systemVersion", "version", "display", "coding",
    "codeableConcept", "date", "abstract", "displayLanguage",
)  # fmt: skip
SUBSUMES = ("codeA", "codeB", "system", "version", "codingA", "codingB")


def reason_error(reason: str) -> CannotTell | NotFound:
    """Return the error of what is not known: what was asked for is not there, or what is there does not tell."""
    message = f"Not known: {REASONS[reason]}."
    return NotFound(message) if reason in (VALUE_SET_UNKNOWN, SYSTEM_UNKNOWN) else CannotTell(message)


# -- $lookup


def lookup(terminology: Terminology, asked: Asked) -> dict[str, Any]:
    """Return what a code system says of a code, as Parameters.

    Raises:
        NotFound: the system is not loaded, or has no such code.
        CannotTell: only a part of the system is loaded.
    """
    coding = asked.codings()[0]
    system = terminology.find_system(coding.system, coding.version) or terminology.find_system(coding.system)
    if system is None:
        raise reason_error(SYSTEM_UNKNOWN)
    concept = terminology.find_concept(coding)
    if concept is None:
        verdict = terminology.validate_in_system(coding)
        raise (
            NotFound("The code system has no such code.") if verdict.outcome == "out" else reason_error(verdict.reason)
        )
    rows = [*_designations(concept), *_properties(system, concept, set(asked.texts("property")))]
    head = parameters(
        ("name", "valueString", system.name or system.url),
        ("version", "valueString", system.version),
        ("display", "valueString", shown(concept, asked.text("displayLanguage"))),
    )
    return {**head, "parameter": [*head["parameter"], *rows]}


def shown(concept: Concept, language: str) -> str:
    """Return a concept's display in a language, where it has one in it, else its own; the code where it has none."""
    wanted = (each.value for each in concept.designations if language and each.language.startswith(language))
    return next(wanted, concept.display) or concept.code


def _designations(concept: Concept) -> list[dict[str, Any]]:
    return [
        {
            "name": "designation",
            "part": [
                *([{"name": "language", "valueCode": each.language}] if each.language else []),
                {"name": "value", "valueString": each.value},
            ],
        }
        for each in concept.designations
    ]


def _properties(system: System, concept: Concept, wanted: set[str]) -> list[dict[str, Any]]:
    """Return the properties that are asked for; all of them where none is named."""
    children = system.children.get(system.folded(concept.code), []) if isinstance(system, ListedSystem) else []
    rows: list[Row] = [
        ("definition", "valueString", concept.definition),
        ("inactive", "valueBoolean", concept.is_inactive),
        ("notSelectable", "valueBoolean", concept.is_abstract or None),
        *(("parent", "valueCode", each) for each in concept.parents),
        *(("child", "valueCode", each) for each in children),
        *((each.code, each.kind, each.value) for each in concept.properties),
    ]
    kept = (row for row in rows if row[2] not in (None, "") and (not wanted or row[0] in wanted))
    return [
        {"name": "property", "part": [{"name": "code", "valueCode": n}, {"name": "value", e: v}]} for n, e, v in kept
    ]


# -- $validate-code


def validate_in_system(terminology: Terminology, asked: Asked) -> dict[str, Any]:
    """Return whether a code system has a code, as Parameters.

    Raises:
        NotFound, CannotTell: what is loaded does not tell.
        MalformedInput: the coding is of another system than the one named.
    """
    url = asked.text("url")
    if tree := asked.resource("codeSystem"):
        url = url or str(tree.get("url", INLINE))
        terminology = terminology.with_resources([{**tree, "url": url}])
    codings = [Coding(each.system or url, each.code, each.display, each.version) for each in asked.codings()]
    if any(each.system != url for each in codings if url):
        raise MalformedInput("The coding is not of the code system that `url` names.")
    return _answer(codings, terminology.validate_in_system, asked.flag("abstract"))


def validate_in_set(terminology: Terminology, asked: Asked) -> dict[str, Any]:
    """Return whether a value set has a code, as Parameters.

    Raises:
        NotFound, CannotTell: what is loaded does not tell.
        MalformedInput: there is a code without its system, or no value set is named.
    """
    terminology, canonical = value_set(terminology, asked)
    version = asked.text("systemVersion") or asked.text("version")
    codings = [Coding(each.system, each.code, each.display, each.version or version) for each in asked.codings()]
    if not all(each.system for each in codings):
        raise MalformedInput("A code needs its `system`.")
    return _answer(codings, lambda coding: terminology.validate(canonical, coding), asked.flag("abstract"))


def value_set(terminology: Terminology, asked: Asked) -> tuple[Terminology, str]:
    """Return the canonical of the value set that is asked of, and the terminology with the one that came along.

    Raises:
        MalformedInput: no value set is named.
    """
    url, version = asked.text("url"), asked.text("valueSetVersion")
    if tree := asked.resource("valueSet"):
        url = url or str(tree.get("url", INLINE))
        terminology = terminology.with_resources([{**tree, "url": url}])
    if not url:
        raise MalformedInput("Name the value set by `url`, or send it as `valueSet`.")
    return terminology, f"{url}|{version}" if version else url


def _answer(codings: Sequence[Coding], judge: Judge, abstract: bool | None) -> dict[str, Any]:
    """Return the answer about the first coding that is in; where none is, about the first that is out."""
    verdicts = [judge(each) for each in codings]
    ranked = sorted(verdicts, key=lambda each: ("in", "not-checked", "out").index(each.outcome))
    verdict = ranked[0]
    if verdict.outcome == "not-checked":
        raise reason_error(verdict.reason)
    message = _fault(verdict, abstract)
    return parameters(
        ("result", "valueBoolean", not message),
        ("message", "valueString", message),
        ("display", "valueString", verdict.expected),
    )


def _fault(verdict: Verdict, abstract: bool | None) -> str:
    """Return what is wrong with a code, as a sentence; "" where nothing is."""
    if verdict.outcome == "out" or (verdict.reason == ABSTRACT and not abstract):
        return sentence(REASONS[verdict.reason])
    return sentence(WRONG_DISPLAY) if verdict.display == "wrong" else ""


def sentence(text: str) -> str:
    """Return a reason as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


# -- $subsumes


def subsumes(terminology: Terminology, asked: Asked) -> dict[str, Any]:
    """Return how two codes of one system stand to each other, as Parameters.

    Raises:
        NotFound, CannotTell: what is loaded does not tell.
        MalformedInput: there are not two codes of one system.
    """
    one, other = asked.coding("codingA"), asked.coding("codingB")
    system = asked.text("system") or (one.system if one else "")
    codes = [each.code if each else asked.text(name) for each, name in ((one, "codeA"), (other, "codeB"))]
    if not all(codes) or not system or any(each and each.system != system for each in (one, other)):
        raise MalformedInput("Give `codeA`, `codeB` and their `system`, or `codingA` and `codingB` of one system.")
    try:
        return parameters(("outcome", "valueCode", terminology.subsumes(system, *codes)))
    except NotKnown as error:
        raise reason_error(str(error)) from error
