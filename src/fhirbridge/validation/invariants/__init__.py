"""The invariants of R4 and of profiles, judged by FHIRPath. Walks no tree itself: the structure check asks here."""

from fhirbridge.validation.invariants.corrections import CORRECTIONS, corrected
from fhirbridge.validation.invariants.rules import (
    STRUCTURAL,
    Invariant,
    Test,
    compile_invariant,
    invariants_at,
    invariants_of,
)

__all__ = [
    "CORRECTIONS",
    "STRUCTURAL",
    "Invariant",
    "Test",
    "compile_invariant",
    "corrected",
    "invariants_at",
    "invariants_of",
]
