"""Proving a map beside its text: tests, laws on generated data, coverage. Knows no file and no store."""
