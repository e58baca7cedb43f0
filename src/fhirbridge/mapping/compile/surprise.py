"""What generated code raises when a message is not of the usual kind."""

from __future__ import annotations


class Surprise(Exception):
    """Something does not go well, or not in a way that was foreseen: the interpreter does the message over."""
