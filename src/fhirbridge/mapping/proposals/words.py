"""Names as ideas: what the words of a field's name mean in this field of work, and how alike two names are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_ABBREVIATED = re.compile(r"\b(?:[A-Za-z]\.){2,}")

PHRASES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("last", "name"): ("family",),
    ("family", "name"): ("family",),
    ("sur", "name"): ("family",),
    ("first", "name"): ("given",),
    ("given", "name"): ("given",),
    ("fore", "name"): ("given",),
    ("middle", "name"): ("middle",),
    ("full", "name"): ("name",),
    ("date", "of", "birth"): ("birth", "on"),
    ("day", "of", "birth"): ("birth", "on"),
    ("next", "visit"): ("appointment",),
    ("first", "report"): ("appointment",),
    ("zip", "code"): ("postcode",),
    ("post", "code"): ("postcode",),
    ("postal", "code"): ("postcode",),
    ("cell", "phone"): ("phone",),
    ("e", "mail"): ("email",),
    ("days", "supplied"): ("supply", "days"),
    ("supply", "days"): ("supply", "days"),
    ("case", "manager"): ("worker",),
    ("case", "worker"): ("worker",),
    ("key", "worker"): ("worker",),
    ("probation", "officer"): ("officer",),
    ("parole", "officer"): ("officer",),
    ("supervising", "officer"): ("officer",),
    ("last", "dose"): ("lastdose",),
    ("last", "given"): ("lastdose",),
    ("own", "words"): ("words",),
    ("other", "identifiers"): ("othernumber",),
    ("cross", "refs"): ("othernumber",),
    ("other", "ids"): ("othernumber",),
    ("agreed", "to", "share"): ("share",),
    ("may", "share"): ("share",),
    ("met", "by"): ("pickup",),
    ("gate", "pickup"): ("pickup",),
    ("with", "whom"): ("with",),
    ("what",): ("name",),
}
"""Words that mean something together -> ideas. The longest phrase wins."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "family": ("surname", "lastname", "lname", "last", "familyname"),
    "given": ("forename", "firstname", "fname", "first", "givenname", "forenames"),
    "birth on": ("dob", "birthdate", "birthday", "born"),
    "gender": ("sex",),
    "client": (
        *("inmate", "prisoner", "offender", "detainee", "resident", "patient", "person", "subject"),
        *("defendant", "probationer", "parolee", "supervisee", "customer", "individual"),
    ),
    "number": ("no", "num", "nbr", "number", "id", "identifier", "identification", "ref", "reference", "badge", "key"),
    "on": ("date", "day", "dt"),
    "at": ("time", "datetime", "timestamp", "when"),
    "discharge": ("discharged",),
    "admission": ("admitted",),
    "establishment": ("facility", "jail", "prison", "institution", "center", "centre", "office"),
    "agency": ("provider", "organization", "organisation", "org"),
    "worker": ("keyworker", "counselor", "counsellor", "caseworker", "casemanager", "staff", "clinician", "therapist"),
    "officer": ("po", "supervising"),
    "phone": ("telephone", "tel", "mobile", "telecom", "cell"),
    "address": ("addr",),
    "line": ("street",),
    "postcode": ("zip", "zipcode", "postal"),
    "requirement": ("condition", "conditions"),
    "treatment": ("program", "programme", "therapy"),
    "medication": ("med", "rx", "medicine", "prescription", "drug"),
    "risk": ("alert", "warning", "hazard"),
    "accommodation": ("housing", "residence", "lodging"),
    "appointment": ("visit", "appt"),
    "mandatory": ("binding", "obligatory"),
    "until": ("expires", "expiry", "through"),
    "start": ("begin", "begun", "began", "started", "from"),
    "end": ("ended", "to", "finish", "finished", "thru"),
    "result": ("outcome",),
    "state": ("status",),
    "type": ("kind", "category", "class"),
    "text": ("description", "desc", "detail", "words", "wording"),
    "note": ("comment", "remark", "memo"),
    "name": ("title", "label"),
    "compliant": ("compliance",),
    "offered": ("scheduled", "made"),
    "attended": ("kept",),
    "confirmed": ("final",),
    "language": ("lang",),
    "triage": ("screening", "screen"),
    "naloxone": ("narcan",),
    "referral": ("onward", "referred"),
    "progress": ("engagement",),
    "where": ("place", "location"),
    "period": ("reporting",),
}
"""Idea -> the words that mean it besides its own; an idea of two words stands for both."""

WEAK = frozenset(
    {
        "number",
        "on",
        "at",
        "name",
        "type",
        "state",
        "text",
        "note",
        "code",
        "system",
        "value",
        "result",
        "where",
        "what",
    }
    | {
        "period",
        "start",
        "end",
        "list",
        "item",
        "info",
        "data",
        "record",
        "kind",
        "in",
        "use",
        "is",
        "has",
        "the",
        "of",
    }
    | {"case", "document", "payload", "body", "message", "export"}
    | {"phone", "email", "address", "line", "city", "postcode", "country", "days"}
)
"""Ideas that say little alone: many fields are a date, a name or a number of something."""
WEAK_WEIGHT = 0.4
OUTER_WEIGHT = 0.55
"""What a word of an enclosing name counts for; each further out counts half of that."""
_SOFT = {
    frozenset(("code", "number")): 0.8,
    frozenset(("code", "type")): 0.8,
    frozenset(("state", "type")): 0.7,
    frozenset(("at", "on")): 0.9,
    frozenset(("text", "name")): 0.7,
    frozenset(("text", "note")): 0.7,
    frozenset(("text", "value")): 0.8,
    frozenset(("name", "value")): 0.7,
    frozenset(("appointment", "session")): 0.8,
}
"""Ideas that may stand for one another, and how well."""
_BY_WORD = {word: tuple(idea.split()) for idea, words in SYNONYMS.items() for word in words}

Ideas = Mapping[str, float]


def words_of(name: str) -> list[str]:
    """Return the words of a field's name.

    >>> words_of("PersonBirthDate"), words_of("D.O.B."), words_of("release_kind"), words_of("@badge No")
    (['person', 'birth', 'date'], ['dob'], ['release', 'kind'], ['badge', 'no'])
    """
    plain = _ABBREVIATED.sub(lambda match: match[0].replace(".", "").lower() + " ", name)
    return [part.lower() for part in _PART.findall(plain)]


def ideas_of(name: str) -> list[str]:
    """Return what a field's name speaks of.

    >>> ideas_of("Release Date"), ideas_of("lastName"), ideas_of("DOB"), ideas_of("facilities")
    (['release', 'on'], ['family'], ['birth', 'on'], ['establishment'])
    """
    words = words_of(name)
    found: list[str] = []
    while words:
        length = next((n for n in range(min(3, len(words)), 0, -1) if tuple(words[:n]) in PHRASES), 0)
        found += PHRASES[tuple(words[:length])] if length else _idea(words[0])
        words = words[length or 1 :]
    return list(dict.fromkeys(found))


def _idea(word: str) -> tuple[str, ...]:
    singular = _singular(word)
    return _BY_WORD.get(word) or _BY_WORD.get(singular) or (singular,)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


def weighed(names: Sequence[str], leave_out: frozenset[str] = frozenset()) -> Ideas:
    """Return the ideas of a path with their weights: its own name counts most, what it lies in less and less."""
    found: dict[str, float] = {}
    share = 1.0
    for name in reversed(names):
        for idea in ideas_of(name):
            if idea not in leave_out:
                weight = share * (WEAK_WEIGHT if idea in WEAK else 1.0)
                found[idea] = max(found.get(idea, 0.0), weight)
        share *= OUTER_WEIGHT
    return found


def likeness(one: Ideas, other: Ideas) -> float:
    """Return how alike two names are, from 0 to 1.

    >>> round(likeness(weighed(["Release Date"]), weighed(["release", "on"])), 2)
    0.81
    """
    total = sum(one.values()) + sum(other.values())
    shared = sum(min(weight, other[idea]) for idea, weight in one.items() if idea in other)
    for idea, weight in one.items():
        if idea not in other:
            shared += max(
                (_soft(idea, each) * min(weight, more) for each, more in other.items() if each not in one), default=0
            )
    return 2 * shared / total if total else 0.0


def is_shared(one: Iterable[str], other: Iterable[str]) -> bool:
    """Say whether two sets of ideas have one in common, or two that may stand for one another."""
    known = set(other)
    return any(idea in known or any(_soft(idea, each) for each in known) for idea in one)


def _soft(one: str, other: str) -> float:
    return _SOFT.get(frozenset((one, other)), 0.0)
