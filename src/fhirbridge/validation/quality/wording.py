"""Words that put a label on a person. Their author is told; nothing is rewritten, and the client's own words are left.

Only the form of a word is looked at, so a quotation is reported like any other use. Text that stood in the version
before is not reported again.
Source: RULE_SOURCES["words-matter"]; for people in custody the same principle, a person first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhirbridge.validation.quality.model import Subject
from fhirbridge.validation.quality.texts import iter_texts

WORDS: dict[str, str] = {
    "abuser": "person who uses drugs, person with a substance use disorder",
    "abusers": "people who use drugs",
    "addict": "person with a substance use disorder",
    "addicts": "people with a substance use disorder",
    "addicted baby": "baby exposed to substances",
    "alcoholic": "person with alcohol use disorder",
    "alcoholics": "people with alcohol use disorder",
    "clean": "in recovery, not using; of a test: negative",
    "committed suicide": "died by suicide",
    "convict": "person who was convicted, person in prison",
    "convicts": "people in prison",
    "dirty": "using; of a test: positive",
    "drug habit": "substance use disorder, drug use",
    "drug seeker": "person who asks for medication",
    "drunk": "person who has been drinking",
    "druggie": "person who uses drugs",
    "ex-con": "person who was in prison",
    "felon": "person with a conviction",
    "felons": "people with a conviction",
    "frequent flyer": "person who uses the service often",
    "inmate": "person in prison",
    "inmates": "people in prison",
    "junkie": "person who uses drugs",
    "junkies": "people who use drugs",
    "mentally ill": "with a mental health condition",
    "non-compliant": "has not taken up, chose not to",
    "noncompliant": "has not taken up, chose not to",
    "offender": "person with a conviction, person on probation",
    "offenders": "people with a conviction",
    "opioid replacement": "medication for opioid use disorder",
    "opioid substitution": "medication for opioid use disorder",
    "substance abuser": "person who uses substances",
    "user": "person who uses drugs, client",
    "users": "people who use drugs, clients",
}
"""Word or phrase -> what can be said instead."""

_LABELS = re.compile(
    rf"(?<![\w-])(?:{'|'.join(re.escape(word) for word in sorted(WORDS, key=len, reverse=True))})(?![\w-])",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\s+")


def labelling(subject: Subject) -> Iterator[str]:
    """Yield the path of each new text that holds one of the words."""
    known = {text for _, text in iter_texts(subject.before)} if subject.before else set[str]()
    for path, text in iter_texts(subject.record):
        if text not in known and _LABELS.search(_BLANKS.sub(" ", text)):
            yield path
