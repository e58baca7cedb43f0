"""Checks of FHIR resources (structure, invariants, profiles) and of the quality of records. Decides nothing."""
