"""Text in, parts with their places out: YAML, rows, paths, expressions. Knows no schema and reads no file."""
