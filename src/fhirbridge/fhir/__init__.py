"""The facts of FHIR R4 4.0.1, without policy: elements, references, bundles, outcomes, search parameters.

Everything here is read from `r4_table.json`, which `build_r4_table` makes from the CC0 definitions.
"""
