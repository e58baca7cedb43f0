"""From bound rows to Python functions: the fast path of a map. What does not go well is left to the interpreter."""
