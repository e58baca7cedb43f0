"""What fhirbridge holds: one typed model per record kind, without FHIR and without SQL.

`KINDS` names them all. A new record kind is one module here and one line in this table.
"""

from fhirbridge.records.base import ClientRef, Organisation, Part, Record, Sensitivity, Worker
from fhirbridge.records.consent import Consent
from fhirbridge.records.contact import Contact
from fhirbridge.records.discharge import Discharge
from fhirbridge.records.monitoring import Monitoring
from fhirbridge.records.person import Person
from fhirbridge.records.plan import Plan
from fhirbridge.records.referral import Referral
from fhirbridge.records.review import Review
from fhirbridge.records.transition import Transition

KINDS: dict[str, type[Record]] = {
    "person": Person,
    "plan": Plan,
    "referral": Referral,
    "discharge": Discharge,
    "transition": Transition,
    "review": Review,
    "contact": Contact,
    "monitoring": Monitoring,
    "consent": Consent,
}

__all__ = [
    "KINDS",
    "ClientRef",
    "Consent",
    "Contact",
    "Discharge",
    "Monitoring",
    "Organisation",
    "Part",
    "Person",
    "Plan",
    "Record",
    "Referral",
    "Review",
    "Sensitivity",
    "Transition",
    "Worker",
]
