"""Expressions written as straight Python: no collections, no nodes. What cannot be written so is left alone."""
