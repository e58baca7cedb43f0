"""How one value changes on its way, in the words of the mapping language: a transform, and when it applies.

Laws of this file: the cases of one change exclude each other; what has no case in a direction is not written there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fhirbridge.mapping.export.fml import quoted
from fhirbridge.mapping.export.structure import Parameter, Variable
from fhirbridge.mapping.export.tables import back_url, systems_back, url_of
from fhirbridge.mapping.model import Codec


@dataclass(frozen=True, slots=True)
class Case:
    """One transform of a value. `condition` is FHIRPath about the value; nothing: always."""

    transform: str
    parameters: tuple[Parameter, ...]
    condition: str = ""


Cases = Callable[[str], tuple[Case, ...]]
"""From the variable that holds the value to the cases."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a value changes to the right and back to the left."""

    right: Cases
    left: Cases


def _nothing(_variable: str) -> tuple[Case, ...]:
    return ()


def _copied(variable: str) -> tuple[Case, ...]:
    return (Case("copy", (Variable(variable),)),)


def _computed(expression: str, condition: str = "") -> Cases:
    return lambda variable: (Case("evaluate", (Variable(variable), expression), condition),)


COPY = Change(_copied, _copied)
NOT_SAID = Change(_nothing, _nothing)
CAST_INTEGER = Change(_computed("toInteger()"), _computed("toString()"))
CAST_DECIMAL = {
    False: Change(_computed("toDecimal()"), _computed("toString()")),
    True: Change(_computed("replace(',', '.').toDecimal()"), _computed("toString().replace('.', ',')")),
}
"""Whether decimals stand behind a comma -> the change."""


def flag_change(codec: Codec) -> Change:
    """Return the change between two words and true and false."""
    yes, no = codec.arguments

    def right(_variable: str) -> tuple[Case, ...]:
        words = ((yes, True), (no, False))
        return tuple(Case("copy", (truth,), f"$this = {quoted(word)}") for word, truth in words)

    def left(_variable: str) -> tuple[Case, ...]:
        return (Case("copy", (yes,), "$this = true"), Case("copy", (no,), "$this = false"))

    return Change(right, left)


_FIELDS = {"YYYY": (0, 4), "MM": (5, 2), "DD": (8, 2)}
"""Field of a format -> where it stands in a FHIR date."""
_FIELD = re.compile("|".join(_FIELDS))


def date_change(written: str) -> Change:
    """Return the change between a date in a format and a FHIR date; the same text without a format.

    >>> date_change("MM/DD/YYYY").right("v")[0].parameters[1]
    "(substring(6, 4) & '-' & substring(0, 2) & '-' & substring(3, 2)).toDate()"
    """
    if not written:
        return COPY
    places = {match[0]: match.start() for match in _FIELD.finditer(written)}
    right = " & '-' & ".join(f"substring({places[name]}, {len(name)})" for name in _FIELDS)
    pieces = [part for part in re.split(f"({_FIELD.pattern})", written) if part]
    left = " & ".join(
        f"toString().substring({_FIELDS[part][0]}, {_FIELDS[part][1]})" if part in _FIELDS else quoted(part)
        for part in pieces
    )
    return Change(_computed(f"({right}).toDate()"), _computed(left, "toString().length() = 10"))


def moment_change(written: str, zone: str) -> tuple[Change, str]:
    """Return the change of a date and time, and what the mapping language does not say of it."""
    if written:
        return NOT_SAID, f"a time written {written} in zone {zone}: the mapping language knows no zones"
    gap = f"a time without a zone does not get that of {zone}: the mapping language knows no zones" if zone else ""
    return COPY, gap


def translation(codec: Codec) -> Change:
    """Return the change of a code by its table."""
    table = codec.table
    if table is None:
        return NOT_SAID
    out = "Coding" if codec.right_type in ("CodeableConcept", "Coding") else "code"
    known = f"$this in ({' | '.join(quoted(source) for source in table.forward)})"

    def right(variable: str) -> tuple[Case, ...]:
        url = url_of(table)
        if not codec.default and codec.reject:
            return (Case("translate", (Variable(variable), url, out)),)
        own = Case("translate", (Variable(variable), url, out), known)
        other = Case("translate", (codec.default, url, out), f"iif({known}, false, true)")
        return (own, other) if codec.default else (own,)

    def left(variable: str) -> tuple[Case, ...]:
        systems = [system for system in systems_back(table) if system]
        asked = f"system in ({' | '.join(quoted(each) for each in systems)})" if out == "Coding" and systems else ""
        return (Case("translate", (Variable(variable), back_url(table), "code"), asked),)

    return Change(right, left)


def kept_text(codec: Codec) -> Change:
    """Return the change of a code that no line has into the text that is kept of it."""
    known = " | ".join(quoted(source) for source in codec.table.forward) if codec.table else "{}"

    def right(variable: str) -> tuple[Case, ...]:
        return (Case("copy", (Variable(variable),), f"iif($this in ({known}), false, true)"),)

    return Change(right, _nothing)
