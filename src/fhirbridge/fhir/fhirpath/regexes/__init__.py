"""Regular expressions that never take longer than the text is long, whatever the pattern.

Python's own engine tries one way after another and may try exponentially many. A pattern is therefore read here, and
given to that engine only where each next character leaves it one way to go; any other runs as an automaton, one step a
character. What needs memory (references back, looking ahead) is refused.
"""

from fhirbridge.fhir.fhirpath.regexes.pattern import Pattern, get_pattern

__all__ = ["Pattern", "get_pattern"]
