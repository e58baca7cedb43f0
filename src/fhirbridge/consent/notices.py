"""The words that go with a disclosure: the statement the law asks for, and what the consent covers.

The US statements are those of 42 CFR 2.32(a)(1) and (a)(2), word for word; 2.32(b) asks for a copy of the consent or a
clear explanation of its scope, which `scope` gives. UK law prescribes no words; those here are ours, and say what the
common-law duty of confidence and the UK GDPR ask of a recipient.
Source: 42 CFR 2.32 (89 FR 12472); docs/adr/0006-consent-table.md
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fhirbridge.consent.decision import Decision

US_LONG = (
    "This record which has been disclosed to you is protected by Federal confidentiality rules (42 CFR part 2). These "
    "rules prohibit you from using or disclosing this record, or testimony that describes the information contained in "
    "this record, in any civil, criminal, administrative, or legislative proceedings by any Federal, State, or local "
    "authority, against the patient, unless authorized by the consent of the patient, except as provided at 42 CFR "
    "2.12(c)(5) or as authorized by a court in accordance with 42 CFR 2.64 or 2.65. In addition, the Federal rules "
    "prohibit you from making any other use or disclosure of this record unless at least one of the following applies: "
    "(i) Further use or disclosure is expressly permitted by the written consent of the individual whose information "
    "is being disclosed in this record or as otherwise permitted by 42 CFR part 2. (ii) You are a covered entity or "
    "business associate and have received the record for treatment, payment, or health care operations, or (iii) You "
    "have received the record from a covered entity or business associate as permitted by 45 CFR part 164, subparts A "
    "and E. A general authorization for the release of medical or other information is NOT sufficient to meet the "
    "required elements of written consent to further use or redisclose the record (see 42 CFR 2.31)."
)
US_SHORT = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
UK_LONG = (
    "This record was disclosed to you in confidence, with the consent of the person it is about, for the purpose "
    "stated here. It tells of treatment for alcohol or drug use and is special category data under Article 9 of the "
    "UK GDPR. Use it only for that purpose, keep it as confidential as health records are kept, and do not pass it on "
    "unless the person consents, the law requires it, or you can show an overriding public interest and have recorded "
    "why."
)
UK_SHORT = "Disclosed in confidence, with consent, for the stated purpose only; do not pass on without a legal basis."

STATEMENTS: Mapping[tuple[str, str], str] = MappingProxyType(
    {("US", "long"): US_LONG, ("US", "short"): US_SHORT, ("UK", "long"): UK_LONG, ("UK", "short"): UK_SHORT}
)
"""Statement by jurisdiction and form."""

CLASS_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "D1": "identity and contact",
        "D2": "attendance, compliance and test results",
        "D3": "treatment: plan, assessment, medication, diagnosis",
        "D4": "other sensitive health information",
        "D6": "justice information",
        "D7": "information on family and other people",
        "D8": "free text and attachments",
    }
)
"""What the recipient reads for each class that can be sent. D0, the directory, needs no consent."""

HANDLING_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "PERSISTLABEL": "Keep the security labels with the record.",
        "NORDSCLCD": "Do not pass it on without the person's consent.",
        "NOREUSE": "Use it only for your official duties in the matter it was disclosed for.",
        "NO-CUSTODY-COPY": "Do not copy it to custody staff.",
    }
)


def notice(decision: Decision, *, jurisdiction: str, form: str = "long") -> str:
    """Return the statement that goes with what this decision lets out, or "" when it needs none.

    Raises:
        ValueError: there is no statement for this jurisdiction and form; then nothing may be sent.
    """
    if "NOTICE" not in decision.obligations:
        return ""
    try:
        return STATEMENTS[jurisdiction, form]
    except KeyError:
        raise ValueError("there is no redisclosure statement for this jurisdiction and form") from None


def scope(decision: Decision) -> str:
    """Return what the consent covers, in words: id and version, purpose, classes, its end, how to handle it.

    Source: 42 CFR 2.32(b)
    """
    classes = sorted(decision.permitted & CLASS_WORDS.keys())
    parts = [
        f"Disclosed under consent {decision.consent_id}, version {decision.consent_version}, for the purpose "
        f"{decision.purpose}.",
        f"It covers: {'; '.join(CLASS_WORDS[code] for code in classes)}.",
        _end(decision.until),
        *(text for code, text in HANDLING_WORDS.items() if code in decision.obligations),
    ]
    return " ".join(part for part in parts if part)


def notice_outcome(decision: Decision, *, jurisdiction: str, form: str = "long") -> dict[str, Any]:
    """Return an OperationOutcome with the statement and the scope, for `Bundle.entry.search.mode = outcome`.

    It names the consent by id and nobody else. A decision that needs no notice gives an outcome that says so.

    Raises:
        ValueError: as `notice`.
    Source: http://hl7.org/fhir/R4/operationoutcome.html
    """
    statement = notice(decision, jurisdiction=jurisdiction, form=form)
    texts = [statement, scope(decision)] if statement else ["Directory information; no notice applies."]
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "information", "code": "informational", "details": {"text": text}} for text in texts],
    }


def _end(until: str) -> str:
    if until == "event":
        return "It ends with the event stated in the consent."
    return f"It ends on {until}." if until else ""
