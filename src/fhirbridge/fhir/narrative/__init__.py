"""Narrative: FHIR elements as words that a person can read, in XHTML. Knows no map and no record."""
