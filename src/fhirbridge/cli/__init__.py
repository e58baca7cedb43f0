"""The command line: one file a command group. Data goes to stdout, talk to stderr."""

from fhirbridge.cli.root import main

__all__ = ["main"]
