"""Bytes to trees and back: FHIR JSON, FHIR XML, record JSON. No meaning, no policy.

Each format is a module with `parse(body) -> tree`, `format(tree) -> bytes` and `MEDIA_TYPES`.
"""
