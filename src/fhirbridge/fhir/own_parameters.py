"""Search parameters of our own: what R4 has no parameter for and a recipient will ask for, all of them tokens.

They are served like those of R4 and published in our package.
Source: http://hl7.org/fhir/R4/searchparameter.html
"""

from __future__ import annotations

from fhirbridge.fhir.table import SearchRow
from fhirbridge.ids import CANONICAL


def _row(name: str, type_: str) -> SearchRow:
    """Return the parameter that finds a type by the value of our extension of that name."""
    url = f"{CANONICAL}/StructureDefinition/{name}"
    return SearchRow(name, "token", f"{type_}.extension.where(url='{url}').value", ())


OWN_PARAMETERS: dict[str, tuple[SearchRow, ...]] = {
    "CarePlan": (_row("plan-model", "CarePlan"), _row("plan-phase", "CarePlan"), _row("plan-stage", "CarePlan")),
    "Encounter": (_row("transition-state", "Encounter"),),
    "Goal": (_row("substance-use", "Goal"),),
    "ServiceRequest": (_row("drug-related", "ServiceRequest"),),
}
"""Resource type -> its parameters."""
