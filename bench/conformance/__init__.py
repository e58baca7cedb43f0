"""Conformance: what fhirbridge makes and checks, judged by HL7's own validator and by peers. Not part of the tests."""
