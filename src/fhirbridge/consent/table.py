"""The decision table: who may be told what, for which purpose, on which basis. Twenty numbered rows, as data.

Laws of this file: a number never changes its meaning; a row is tried only if recipient, purpose and person state all
match; a row that is not in force denies under its own number; what no row permits is denied as row 0. Rows that name
several bases stand here once for each, under the same number. D5 (counselling notes) is in no row's permitted set.

Classes: D0 directory, D1 identity, D2 monitoring, D3 clinical, D4 other sensitive, D5 counselling notes, D6 justice
data received, D7 third party, D8 unclassified text (`records.base.Sensitivity`).
Source: docs/adr/0006-consent-table.md; 42 CFR part 2 (2.12, 2.31-2.35, 2.51-2.67); UK GDPR art. 9, common law
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum

Names = frozenset[str]


def names(text: str) -> Names:
    """Return the words of a text as a set; the table is written with it."""
    return frozenset(text.split())


ANY: Names = frozenset({"*"})
"""Every recipient, purpose or person state, those included that nobody has thought of yet."""

CLASSES = names("D0 D1 D2 D3 D4 D5 D6 D7 D8")
RECIPIENTS = names(
    "agency hospital prison prison-health probation court service police auditor processor client authority"
)
PURPOSES = names(
    "TREAT COC CAREMGT ETREAT BTG ERTREAT HPAYMT HOPERAT HLEGAL HCOMPL HRESCH GOV PUBHLTH PATRQT FAMRQT SUPNWK CJMON"
)
"""v3-ActReason codes, and our own CJMON (monitoring by the justice system), for which HL7 has none."""


class PersonState(StrEnum):
    """What is known of the person a request is about."""

    KNOWN = "known"
    NONE = "none"
    """The request is about no person: a practitioner, an organisation, a service."""
    RESTRICTED = "restricted"
    """The agency agreed to a restriction (42 CFR 2.26), or access is limited."""
    DECEASED = "deceased"
    MERGED = "merged"
    UNCERTAIN = "uncertain"
    """The identifiers do not say with certainty who it is."""
    MINOR = "minor"


class Basis(StrEnum):
    """What a row rests on."""

    NONE = "none"
    TPO = "tpo"
    SPECIFIC = "specific"
    JUSTICE = "justice"
    JUSTICE_WITHDRAWN = "justice-withdrawn"
    """A justice consent (2.35) that was withdrawn before its event: the withdrawal is not yet effective."""
    ELSEWHERE = "elsewhere"
    """An order, an agreement, an approval, an emergency: this bridge holds no such record yet."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `permitted` is the most that may go; what the consent lists is the other bound.

    `denied` overrides what a consent lists. `reason` is the reason code of a row that denies.
    """

    number: int
    title: str
    recipients: Names
    purposes: Names
    basis: Basis
    permitted: Names = frozenset()
    denied: Names = frozenset()
    obligations: tuple[str, ...] = ()
    in_force: bool = True
    states: Names = frozenset({PersonState.KNOWN})
    reason: str = "not-in-force"

    def is_about(self, recipient: str, purpose: str, state: str) -> bool:
        """Say whether the row speaks of this recipient kind, purpose and person state."""
        sides = ((self.recipients, recipient), (self.purposes, purpose), (self.states, state))
        return all("*" in side or value in side for side, value in sides)

    @property
    def permits(self) -> bool:
        """Whether anything may leave under this row."""
        return self.in_force and bool(self.permitted)


HEALTH_CARE = names("hospital agency")
JUSTICE_SIDE = names("probation court")
D5_D6 = names("D5 D6")
ALL_BUT_D0 = CLASSES - {"D0"}
UNSURE = names("deceased merged uncertain minor")
TPO_MOST = names("D0 D1 D2 D3 D4 D8")
SPECIFIC_MOST = names("D0 D1 D2 D3 D4 D7 D8")
JUSTICE_MOST = names("D0 D1 D2 D3")

WITH_TPO = ("NOTICE", "SCOPE", "PERSISTLABEL")
WITH_SPECIFIC = ("NOTICE", "SCOPE", "NORDSCLCD")
WITH_JUSTICE = ("NOTICE", "SCOPE", "NORDSCLCD", "NOREUSE", "SHOW-EXPIRY")

HARD_STOPS: tuple[Row, ...] = (
    Row(19, "the person is deceased, merged, a minor or not certain: a human decides", ANY, ANY, Basis.NONE,
        denied=CLASSES, obligations=("HUMAN-QUEUE",), states=UNSURE, reason="person-not-certain"),
    Row(18, "the client agreed a restriction, or access is limited: a human confirms", ANY, ANY, Basis.NONE,
        denied=CLASSES, obligations=("HUMAN-QUEUE",), states=names("restricted"), reason="restricted"),
    Row(2, "use in proceedings against the client", ANY, names("HLEGAL"), Basis.NONE,
        denied=CLASSES, obligations=("ALARM-PRIVACY-OFFICER",), states=ANY, reason="proceedings"),
    Row(13, "police, immigration, press, employer: never without an order", names("police"), ANY, Basis.NONE,
        denied=CLASSES, obligations=("ALARM-PRIVACY-OFFICER",), states=ANY, reason="excluded-recipient"),
)  # fmt: skip
"""Tried first, in this order; one that matches ends it."""

ROWS: tuple[Row, ...] = (
    Row(1, "the directory: no person is spoken of", RECIPIENTS, PURPOSES, Basis.NONE,
        permitted=names("D0"), denied=ALL_BUT_D0, states=names("none")),
    Row(3, "a court order or a consent for proceedings on file", names("court"), names("HLEGAL"), Basis.ELSEWHERE,
        denied=names("D5"), obligations=("NOTICE", "HUMAN-RELEASE"), in_force=False),
    Row(4, "treating provider under a consent for treatment, payment and operations", HEALTH_CARE,
        names("TREAT COC"), Basis.TPO, TPO_MOST, D5_D6 | {"D7"}, WITH_TPO),
    Row(5, "payment and operations", HEALTH_CARE, names("HPAYMT HOPERAT"), Basis.TPO,
        denied=D5_D6, obligations=(*WITH_TPO, "MINEC"), in_force=False),
    Row(6, "treating provider under a consent that names it and the classes", HEALTH_CARE,
        names("TREAT COC"), Basis.SPECIFIC, SPECIFIC_MOST, D5_D6, WITH_SPECIFIC),
    # Such an agency's own parts of the plan would go too; a class cannot tell them from the rest, so none go.
    Row(7, "aftercare agency that is not a covered entity: identity", names("service"), names("COC"),
        Basis.SPECIFIC, names("D0 D1"), D5_D6 | names("D3 D4 D7 D8"), (*WITH_SPECIFIC, "CONSENT-COPY")),
    Row(8, "probation or court that referred, under a justice consent", JUSTICE_SIDE, names("CJMON"),
        Basis.JUSTICE, JUSTICE_MOST, D5_D6 | names("D4 D7 D8"), WITH_JUSTICE),
    Row(9, "as 8, the consent withdrawn before its event: not yet effective", JUSTICE_SIDE, names("CJMON"),
        Basis.JUSTICE_WITHDRAWN, JUSTICE_MOST, D5_D6 | names("D4 D7 D8"),
        (*WITH_JUSTICE, "LOG-REVOCATION-NOT-EFFECTIVE", "TELL-KEYWORKER")),
    Row(10, "as 8, without a valid justice consent", JUSTICE_SIDE, names("CJMON"), Basis.NONE,
        denied=CLASSES, obligations=("ASK-FOR-CONSENT",), reason="no-consent"),
    Row(11, "prison health care, under a consent for treatment", names("prison-health"), names("TREAT"), Basis.TPO,
        TPO_MOST, D5_D6 | {"D7"}, (*WITH_TPO, "NO-CUSTODY-COPY")),
    Row(11, "prison health care, under a consent that names it", names("prison-health"), names("TREAT"),
        Basis.SPECIFIC, SPECIFIC_MOST, D5_D6, (*WITH_SPECIFIC, "NO-CUSTODY-COPY")),
    Row(12, "prison custody: safety and placement", names("prison"), ANY, Basis.ELSEWHERE,
        denied=names("D3 D4 D5"), obligations=("NOTICE", "HUMAN-RELEASE"), in_force=False),
    Row(14, "medical emergency, asserted by a named person", names("hospital agency prison-health"),
        names("ETREAT BTG ERTREAT"), Basis.ELSEWHERE, denied=D5_D6, obligations=("RECORD-2.51",), in_force=False),
    Row(15, "service organisation or processor under an agreement", names("processor"), names("HOPERAT"),
        Basis.ELSEWHERE, denied=D5_D6, in_force=False),
    Row(16, "auditor or researcher with an approval", names("auditor"), names("HCOMPL HRESCH"), Basis.ELSEWHERE,
        denied=names("D5"), in_force=False),
    Row(17, "the client, or who stands for the client", names("client"), names("PATRQT"), Basis.ELSEWHERE,
        in_force=False),
    Row(20, "reporting that a statute asks for", ANY, names("PUBHLTH HCOMPL"), Basis.ELSEWHERE, in_force=False),
)  # fmt: skip
"""Tried in this order after the hard stops."""

LEDGER_ONLY = names("HUMAN-QUEUE ALARM-PRIVACY-OFFICER ASK-FOR-CONSENT TELL-KEYWORKER LOG-REVOCATION-NOT-EFFECTIVE")
"""Obligations towards our own side; the others go with what is sent."""


def _policy_version() -> str:
    def plain(value: object) -> object:
        return sorted(value) if isinstance(value, frozenset) else str(value)

    text = json.dumps([asdict(row) for row in (*HARD_STOPS, *ROWS)], default=plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


POLICY_VERSION = _policy_version()
"""Hash of the whole table: a decision names the policy it was made under."""
