"""FHIRPath on R4 trees: expressions parsed, typed against the R4 table and compiled once. Knows no rule by name.

`compile_path` gives a `Compiled`, which selects values or says whether a rule holds; `Scene` tells it what stands
around the value. Source: http://hl7.org/fhirpath/N1/, http://hl7.org/fhir/R4/fhirpath.html
"""

from fhirbridge.fhir.fhirpath.compiled import Compiled, compile_path
from fhirbridge.fhir.fhirpath.faults import CannotCompile, NotJudged
from fhirbridge.fhir.fhirpath.nodes import Primitive
from fhirbridge.fhir.fhirpath.scene import NO_SCENE, Scene, Typed

__all__ = ["NO_SCENE", "CannotCompile", "Compiled", "NotJudged", "Primitive", "Scene", "Typed", "compile_path"]
