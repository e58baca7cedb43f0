"""Codes looked up, checked, listed and translated: the operations of a FHIR terminology service."""
